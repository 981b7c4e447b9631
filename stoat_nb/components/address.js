// A part of the page's address: every step can be gone back to, but not every letter of a search.
const TYPED = ["q", "where"];

const goesOnTyping = (from, to) => {
  const [before, after] = [from, to].map((url) => new URLSearchParams(url.search));
  const went = TYPED.filter((name) => before.get(name) !== after.get(name));
  if (went.length !== 1 || !before.get(went[0]) || !after.get(went[0])) return false;
  for (const said of [before, after]) for (const name of [went[0], "page"]) said.delete(name);
  return String(before) === String(after);
};

export function render({model, el}) {
  el.style.display = "none";
  const write = () => {
    const [from, to] = [new URL(location.href), new URL(location.href)];
    to[model.part] = model.said;
    // A browser writes some characters in its own way.
    if (from.href !== to.href) history[goesOnTyping(from, to) ? "replaceState" : "pushState"]({}, "", to);
  };
  const back = () => { model.said = location[model.part]; };
  model.on("said", write);
  addEventListener("popstate", back);
  model.on("remove", () => removeEventListener("popstate", back));
  if (model.part === "hash") back();  // no server is told of it
}
