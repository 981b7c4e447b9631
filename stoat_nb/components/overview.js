// Text only ever goes through textContent: codec names come out of files.
const make = (tag, parent, text, name) => {
  const node = document.createElement(tag);
  if (text != null) node.textContent = text;
  if (name) node.className = name;
  parent.append(node);
  return node;
};

export function render({model, el}) {
  const root = document.createElement("div");
  el.append(root);
  const draw = () => {
    const next = document.createElement("div");
    const cards = make("dl", next, null, "cards");
    for (const card of model.cards) {
      const box = make("div", cards, null, "card");
      box.toggleAttribute("data-bad", card.bad);
      make("dt", box, card.label);
      make("dd", box, card.value);
      if (card.note) make("div", box, card.note, "note");
    }
    const panels = make("div", next, null, "panels");
    for (const group of model.groups) {
      const box = make("section", panels, null, "panel");
      make("h3", box, group.title);
      const list = make("ul", box);
      for (const item of group.items) {
        const line = make("li", list);
        make("span", line, item.name, "name");
        const bar = make("div", make("div", line, null, "track"));
        bar.style.width = `${item.percent}%`;
        make("span", line, item.number, "number");
      }
    }
    root.replaceChildren(...next.childNodes);
  };
  model.on(["cards", "groups"], draw);
  draw();
}
