// Text only ever goes through textContent: folders and tags are others' words.
const make = (tag, parent, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text != null) node.textContent = text;
  parent.append(node);
  return node;
};

export function render({model, el}) {
  const root = make("div", el, "changes");
  const form = make("div", root, "scans");
  const pick = (side, text) => {
    const label = make("label", form);
    make("span", label, null, text);
    const select = make("select", label);
    select.onchange = () => model.send_msg({[side]: Number(select.value)});
    return select;
  };
  const before = pick("before", "From the scan of");
  const after = pick("after", "to the scan of");
  const kinds = make("div", root, "kinds");
  kinds.setAttribute("role", "group");
  kinds.setAttribute("aria-label", "Kinds of change");
  const more = make("p", root, "more");
  more.setAttribute("role", "status");

  const fill = (select, value) => {
    select.replaceChildren(...model.scans.map((scan) => new Option(scan.label, scan.id, false, scan.id === value)));
  };
  const draw = () => {
    form.hidden = model.scans.length < 2;
    fill(before, model.before);
    fill(after, model.after);
    const focused = kinds.getRootNode().activeElement?.dataset?.kind;
    kinds.replaceChildren();
    for (const kind of model.kinds) {
      const button = make("button", kinds, "kind");
      button.type = "button";
      button.dataset.kind = kind.name;
      button.setAttribute("aria-pressed", String(kind.name === model.kind));
      button.disabled = kind.count === 0;
      make("span", button, "count", kind.number);
      make("span", button, "word", kind.label);
      button.onclick = () => model.send_msg({kind: kind.name === model.kind ? "" : kind.name});
      if (focused === kind.name) button.focus();
    }
    more.textContent = model.more;
    more.hidden = model.more === "";
  };
  model.on(["scans", "before", "after", "kinds", "kind", "more"], draw);
  draw();
}
