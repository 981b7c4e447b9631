function card(list, {label, value, note, bad}) {
  const box = make("div", list, "card");
  box.toggleAttribute("data-bad", bad);
  make("dt", box, null, label);
  make("dd", box, null, value);
  if (note) make("dd", box, "note", note);
}

function group(model, panels, {column, title, items}) {
  const box = make("section", panels, "panel");
  make("h3", box, null, title);
  const list = make("ul", box);
  for (const item of items) {
    const line = make("li", list);
    line.toggleAttribute("data-bad", Boolean(item.bad));
    const isOpen = model.opens && item.key !== "";
    const holder = isOpen ? button(line, "line", null, () => model.send_msg({column, key: item.key})) : make("div", line, "line");
    if (isOpen) holder.title = "Show these in the explorer";
    make("span", holder, "name", item.name);
    make("span", make("span", holder, "track")).style.width = `${item.percent}%`;
    make("span", holder, "number", item.number);
  }
}

function grown(panels, scans) {
  const box = make("section", panels, "panel wide");
  make("h3", box, null, "Size after each scan");
  const said = make("p", box, "said");
  const bars = make("ol", box, "growth");
  const last = scans.at(-1);
  const say = (scan) => { said.textContent = `${scan.when}: ${scan.text}`; };
  for (const scan of scans) {
    const item = make("li", bars);
    make("span", item, "visually-hidden", `${scan.when}: ${scan.text}`);
    make("div", item).style.height = `${Math.max(scan.percent, 1)}%`;
    item.onpointerenter = () => say(scan);
    item.onpointerleave = () => say(last);
  }
  say(last);
}

export function render({model, el}) {
  const root = make("div", el, "overview");
  const draw = () => {
    const next = document.createElement("div");
    const focused = root.getRootNode().activeElement?.textContent;
    if (model.cards.length) {
      const list = make("dl", next, "cards");
      model.cards.forEach((one) => card(list, one));
    }
    if (model.groups.length) {
      const panels = make("div", next, "panels");
      model.groups.forEach((one) => group(model, panels, one));
      if (model.growth.length) grown(panels, model.growth);
    }
    root.replaceChildren(...next.childNodes);
    if (focused) [...root.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
  };
  model.on(["cards", "groups", "growth", "opens"], draw);
  draw();
}
