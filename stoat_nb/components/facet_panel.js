const FEW = 6;

// Two thumbs over a histogram. Their places are counted in quarters of bins, so that any edges will do.
function slider(model, parent, range) {
  const root = make("fieldset", parent, "range");
  const legend = make("legend", root, null, range.title);
  legend.append(" ");
  const said = make("span", legend, "said");
  const track = make("div", root, "histogram");
  const svg = shape("svg", track, {preserveAspectRatio: "none", "aria-hidden": "true"});
  const thumbs = ["least", "most"].map((word) => {
    const input = make("input", track);
    input.type = "range";
    input.min = 0;
    input.step = 1;
    input.setAttribute("aria-label", `${range.title}, at ${word}`);
    return input;
  });
  let shown = range;
  const format = () => FORMATS[shown.format];
  const bounds = () => {
    const [low, high] = thumbs.map((thumb) => Number(thumb.value)).sort((one, other) => one - other);
    return [
      low === 0 ? null : valueAt(shown.edges, low / 4),
      high === Number(thumbs[1].max) ? null : valueAt(shown.edges, high / 4),
    ];
  };
  const say = (low, high) => {
    const ends = [low ?? shown.edges[0], high ?? shown.edges.at(-1)].map((value) => format()(value));
    said.textContent = low == null && high == null ? "" : `${ends[0]} to ${ends[1]}`;
    thumbs.forEach((thumb, place) => thumb.setAttribute("aria-valuetext", ends[place]));
    drawBars(svg, {...shown, low, high});
  };
  for (const thumb of thumbs) {
    thumb.oninput = () => say(...bounds());
    thumb.onchange = () => {
      const [low, high] = bounds();
      model.send_msg({bounds: {[shown.column]: [low, high]}});
    };
  }
  return {
    root,
    draw: (next) => {
      shown = next;
      const most = 4 * (next.edges.length - 1);
      thumbs.forEach((thumb) => { thumb.max = most; });
      thumbs[0].value = next.low == null ? 0 : Math.round(4 * placeOf(next.edges, next.low));
      thumbs[1].value = next.high == null ? most : Math.round(4 * placeOf(next.edges, next.high));
      say(next.low, next.high);
    },
  };
}

function group(model, parent, column) {
  const root = make("details", parent, "facet");
  const summary = make("summary", root);
  const title = make("span", summary);
  const badge = make("span", summary, "badge");
  const list = make("ul", root);
  const more = button(root, "more", "", () => { whole = !whole; draw(shown); });
  let shown = null, whole = false;
  const lines = new Map();
  const line = (key) => {
    if (lines.has(key)) return lines.get(key);
    const root = make("li"), label = make("label", root), box = make("input", label);
    box.type = "checkbox";
    box.onchange = () => model.send_msg({toggle: column, key});
    const [name, number, share] = ["name", "number", "share"].map((kind) => make("span", label, kind));
    lines.set(key, {root, box, name, number, share});
    return lines.get(key);
  };
  const draw = (next) => {
    if (shown === null) root.open = next.open;
    shown = next;
    title.textContent = next.title;
    const chosen = next.items.filter((item) => item.chosen).length;
    badge.textContent = chosen ? String(chosen) : "";
    badge.hidden = chosen === 0;
    const most = Math.max(1, ...next.items.map((item) => item.count));
    const rows = next.items.filter((item, place) => whole || place < FEW || item.chosen).map((item) => {
      const one = line(item.key);
      one.box.checked = item.chosen;
      one.name.textContent = one.name.title = item.label;
      one.number.textContent = item.count.toLocaleString("en-GB");
      one.share.style.width = `${(100 * item.count) / most}%`;
      return one.root;
    });
    const rest = next.further && whole ? `and ${next.further.toLocaleString("en-GB")} rarer ones: search for them` : "";
    if (rest) rows.push(make("li", null, "further", rest));
    arrange(list, rows);
    for (const [key, one] of lines) if (!one.root.isConnected) lines.delete(key);
    const left = next.items.filter((item, place) => place >= FEW && !item.chosen).length;
    more.hidden = left === 0;
    more.textContent = whole ? "Show fewer" : `Show ${left} more`;
  };
  return {root, draw};
}

export function render({model, el}) {
  const root = make("details", el, "facets");
  root.open = !window.matchMedia("(max-width: 899px)").matches;
  make("summary", root, "all", "Filters");
  const region = make("div", root, "groups");
  region.setAttribute("role", "group");
  region.setAttribute("aria-label", "Filters");
  const groups = new Map(), sliders = new Map();
  const follow = (held, wanted, build) => {
    for (const one of wanted) {
      if (!held.has(one.column)) held.set(one.column, build(one));
      held.get(one.column).draw(one);
    }
    const known = new Set(wanted.map((one) => one.column));
    for (const [column, one] of held) one.root.hidden = !known.has(column);
  };
  const lists = make("div", region), rulers = make("div", region, "rulers");
  const draw = () => {
    follow(groups, model.groups, (one) => group(model, lists, one.column));
    follow(sliders, model.ranges, (one) => slider(model, rulers, one));
  };
  model.on(["groups", "ranges"], draw);
  draw();
}
