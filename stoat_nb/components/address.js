// The view in the page's address: every step of it can be gone back to, but not every letter of a search.
const TYPED = ["q", "where"];

// A browser writes some characters in its own way.
const whole = (search) => new URL(search || location.pathname, location.href);

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
    const [from, to] = [whole(location.search), whole(model.search)];
    if (from.search === to.search) return;
    to.hash = location.hash;
    history[goesOnTyping(from, to) ? "replaceState" : "pushState"]({}, "", to);
  };
  const back = () => { model.search = location.search; };
  model.on("search", write);
  addEventListener("popstate", back);
  model.on("remove", () => removeEventListener("popstate", back));
}
