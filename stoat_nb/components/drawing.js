// What the parts of the explorer share. Text only ever goes through textContent: it comes out of files.
const make = (tag, parent, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text != null) node.textContent = text;
  parent?.append(node);
  return node;
};

const button = (parent, name, text, act) => {
  const node = make("button", parent, name, text);
  node.type = "button";
  node.onclick = act ?? null;
  return node;
};

// Only what is new or elsewhere is moved: what somebody is pressing, or has the focus, stays.
const arrange = (parent, nodes) => {
  const focused = parent.getRootNode().activeElement;
  nodes.forEach((node, place) => {
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
  if (parent.contains(focused)) focused.focus();
};

// Makes one node for each key, once: what is shown again is the same node, and can be pressed meanwhile.
const kept = (parent, make) => {
  const held = new Map();
  return (items, draw) => {
    const nodes = items.map((item) => {
      const id = item.key || item.label;
      if (!held.has(id)) held.set(id, make(item.key));
      draw(held.get(id), item);
      return held.get(id);
    });
    arrange(parent, nodes);
    for (const [id, node] of held) if (!nodes.includes(node)) held.delete(id);
  };
};

const shape = (tag, parent, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent?.append(node);
  return node;
};

// 1500 as "1.5 k", in steps of a thousand.
const scaled = (value, units) => {
  let amount = value, place = 0;
  while (Math.abs(amount) >= 999.5 && place < units.length - 1) { amount /= 1000; place += 1; }
  const text = amount.toLocaleString("en-GB", {maximumSignificantDigits: amount >= 100 ? 4 : 3});
  return units[place] ? `${text} ${units[place]}` : text;
};

const two = (number) => String(number).padStart(2, "0");

const FORMATS = {
  length: (seconds) => {
    if (seconds < 10) return `${seconds.toLocaleString("en-GB", {maximumFractionDigits: 1})} s`;
    const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
    return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
  },
  size: (bytes) => scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB"]),
  rate: (bits) => scaled(bits, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]),
  date: (seconds) => new Date(seconds * 1000).toLocaleDateString("en-GB", {day: "numeric", month: "short", year: "numeric"}),
  pixels: (number) => `${Math.round(number).toLocaleString("en-GB")} px`,
  number: (number) => number.toLocaleString("en-GB", {maximumFractionDigits: 2}),
};

const videos = (count) => `${count.toLocaleString("en-GB")} ${count === 1 ? "video" : "videos"}`;

// Where a value lies among the edges of bins, in bins, and the other way round.
const placeOf = (edges, value) => {
  if (value <= edges[0]) return 0;
  for (let bin = 0; bin + 1 < edges.length; bin += 1) {
    if (value <= edges[bin + 1]) return bin + (value - edges[bin]) / (edges[bin + 1] - edges[bin] || 1);
  }
  return edges.length - 1;
};

const valueAt = (edges, place) => {
  const bin = Math.min(Math.floor(place), edges.length - 2);
  return edges[bin] + (place - bin) * (edges[bin + 1] - edges[bin]);
};

// Bars over the bins, as high as they are full; those outside the bounds are pale.
const drawBars = (svg, {edges, counts, low, high}) => {
  const most = Math.max(1, ...counts);
  svg.setAttribute("viewBox", `0 0 ${counts.length} 100`);
  svg.replaceChildren();
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const height = Math.max(3, 100 * Math.sqrt(count / most));
    const out = (low != null && edges[bin + 1] <= low) || (high != null && edges[bin] >= high && edges[bin] > edges[0]);
    const bar = shape("rect", svg, {x: bin + 0.06, width: 0.88, y: 100 - height, height});
    bar.classList.toggle("out", out);
  });
};

// A box that opens below its button, and closes on Escape and on a click elsewhere.
const popover = (parent, title, name) => {
  const root = make("details", parent, `popover ${name ?? ""}`);
  make("summary", root, null, title);
  const box = make("div", root, "box");
  const close = (event) => { if (root.open && !event.composedPath().includes(root)) root.open = false; };
  root.addEventListener("toggle", () => {
    if (root.open) document.addEventListener("pointerdown", close);
    else document.removeEventListener("pointerdown", close);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.open) return;
    root.open = false;
    root.querySelector("summary").focus();
    event.stopPropagation();
  });
  return {root, box};
};
