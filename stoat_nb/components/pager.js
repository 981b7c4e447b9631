// The first page, the last one, and those around the one that is shown; 0 stands for those between.
const offered = (page, count) => {
  const near = [...Array(count).keys()].map((at) => at + 1)
    .filter((number) => number === 1 || number === count || Math.abs(number - page) <= 1);
  return near.flatMap((number, at) => (at && number - near[at - 1] > 1 ? [0, number] : [number]));
};

export function render({model, el}) {
  const said = make("span", el);
  said.setAttribute("role", "status");
  const nav = make("nav", el);
  nav.setAttribute("aria-label", "Pages");
  const drawPages = kept(nav, (key) => (key.startsWith("gap") ? make("span", null, null, "…") : button()));
  const numbered = (number, place, page) => {
    if (!number) return {key: `gap ${place}`};
    const [text, current] = [number.toLocaleString("en-GB"), number === page];
    return {key: String(number), text, label: current ? `Page ${number}` : `Go to page ${number}`, leads: number, current};
  };
  const draw = () => {
    said.textContent = model.said;
    const page = model.page + 1, {count} = model;
    nav.hidden = count < 2;
    drawPages([
      {key: "before", text: "‹", label: "Go to previous page", leads: page - 1, ends: page === 1},
      ...offered(page, count).map((number, place) => numbered(number, place, page)),
      {key: "after", text: "›", label: "Go to next page", leads: page + 1, ends: page >= count},
    ], (node, {text, label, leads, ends, current}) => {
      if (!label) return;
      node.textContent = text;
      node.setAttribute("aria-label", label);
      node.toggleAttribute("disabled", Boolean(ends));
      if (current) node.setAttribute("aria-current", "page"); else node.removeAttribute("aria-current");
      node.onclick = () => model.send_msg({page: leads - 1});
    });
  };
  model.on(["said", "count", "page"], draw);
  draw();
}
