function card() {
  const box = make("div", null, "card");
  make("dt", box);
  make("dd", box);
  make("dd", box, "note");
  return box;
}

function drawCard(box, {label, value, note, bad}) {
  box.toggleAttribute("data-bad", bad);
  [label, value, note].forEach((text, place) => { box.children[place].textContent = text ?? ""; });
  box.lastChild.hidden = !note;
}

function group(model) {
  const box = make("section", null, "panel"), title = make("h3", box), list = make("ul", box);
  let column = null;
  const drawLines = kept(list, (key) => {
    const line = make("li");
    const holder = key ? button(line, "line", null, () => model.send_msg({column, key})) : make("div", line, "line");
    if (key) holder.title = "Show these in the explorer";
    make("span", holder, "name");
    make("span", make("span", holder, "track"));
    make("span", holder, "number");
    return line;
  });
  box.draw = (next) => {
    column = next.column;
    title.textContent = next.title;
    const items = next.items.map((item) => ({...item, key: model.opens ? item.key : "", label: item.name}));
    drawLines(items, (line, {name, percent, number, bad}) => {
      line.toggleAttribute("data-bad", Boolean(bad));
      const [named, track, counted] = line.firstChild.children;
      named.textContent = name;
      track.firstChild.style.width = `${percent}%`;
      counted.textContent = number;
    });
  };
  return box;
}

function grown() {
  const box = make("section", null, "panel wide");
  make("h3", box, null, "Library size over time");
  const said = make("p", box, "said"), bars = make("ol", box, "growth");
  const say = (scan) => { said.textContent = `${scan.when}: ${scan.text}`; };
  box.draw = (scans) => {
    const last = scans.at(-1);
    bars.replaceChildren();
    for (const scan of scans) {
      const item = make("li", bars);
      make("span", item, "visually-hidden", `${scan.when}: ${scan.text}`);
      make("div", item).style.height = `${Math.max(scan.percent, 1)}%`;
      item.onpointerenter = () => say(scan);
      item.onpointerleave = () => say(last);
    }
    say(last);
  };
  return box;
}

export function render({model, el}) {
  const root = make("div", el, "overview"), list = make("dl", root, "cards"), panels = make("div", root, "panels");
  const drawCards = kept(list, card);
  const drawPanels = kept(panels, (key) => (key ? grown() : group(model)));
  const draw = () => {
    drawCards(model.cards, drawCard);
    const groups = model.groups.map((one) => ({label: one.title, drawn: one}));
    if (groups.length && model.growth.length) groups.push({key: "growth", drawn: model.growth});
    drawPanels(groups, (box, {drawn}) => box.draw(drawn));
    list.hidden = model.cards.length === 0;
    panels.hidden = groups.length === 0;
  };
  model.on(["cards", "groups", "growth", "opens"], draw);
  draw();
}
