// The first page, the last one, and those around the one that is shown; 0 stands for those between.
const offered = (page, count) => {
  const near = [...Array(count).keys()].map((at) => at + 1)
    .filter((number) => number === 1 || number === count || Math.abs(number - page) <= 1);
  return near.flatMap((number, at) => (at && number - near[at - 1] > 1 ? [0, number] : [number]));
};

export function render({model, el}) {
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Pages");
  el.append(said, nav);

  const button = (text, label, page) => {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = text;
    node.setAttribute("aria-label", label);
    node.onclick = () => model.send_msg({page: page - 1});
    nav.append(node);
    return node;
  };
  const draw = () => {
    said.textContent = model.said;
    const page = model.page + 1, held = nav.getRootNode().activeElement?.getAttribute("aria-label");
    nav.hidden = model.count < 2;
    nav.replaceChildren();
    button("‹", "Go to previous page", page - 1).disabled = page === 1;
    for (const number of offered(page, model.count)) {
      if (!number) {
        nav.append(Object.assign(document.createElement("span"), {textContent: "…"}));
      } else if (number === page) {
        button(String(number), `Page ${number}`, number).setAttribute("aria-current", "page");
      } else {
        button(number.toLocaleString("en-GB"), `Go to page ${number}`, number);
      }
    }
    button("›", "Go to next page", page + 1).disabled = page >= model.count;
    if (held) [...nav.children].find((node) => node.getAttribute("aria-label") === held)?.focus();
  };
  model.on(["said", "count", "page"], draw);
  draw();
}
