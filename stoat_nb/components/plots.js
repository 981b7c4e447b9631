const HOW_BARS = "Arrow keys move along the bars, Shift and arrow keys choose several, Enter filters, Escape takes the filter away.";
const HOW_CELLS = "Arrow keys move over the fields, Enter filters, Escape takes the filter away.";

function figure(parent, title, kind) {
  const root = make("figure", parent, kind);
  const head = make("figcaption", root);
  const name = make("span", head, "title", title);
  const said = make("span", head, "said");
  const canvas = make("div", root, "canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  const voice = make("div", root, "visually-hidden");
  voice.setAttribute("aria-live", "polite");
  const none = make("p", root, "none", "No data");
  return {root, head, name, said, canvas, voice, none};
}

function ends(parent) {
  const axis = make("div", parent, "axis");
  axis.setAttribute("aria-hidden", "true");
  const marks = [0, 1, 2].map(() => make("span", axis));
  return (edges, format) => {
    const places = [0, (edges.length - 1) / 2, edges.length - 1];
    // The same day three times over says no more than once.
    let before = "";
    marks.forEach((mark, place) => {
      const text = edges.length ? format(valueAt(edges, places[place])) : "";
      mark.textContent = text === before ? "" : text;
      before = text;
    });
  };
}

// Bars that can be brushed over: from where the pointer goes down to where it goes up.
function bars(model, parent, plot) {
  const {root, name, said, canvas, voice, none} = figure(parent, plot.title, "bars");
  const svg = shape("svg", canvas, {preserveAspectRatio: "none", "aria-hidden": "true"});
  const cursor = make("div", canvas, "cursor");
  const axis = ends(root);
  let shown = plot, at = 0, anchor = null;
  const format = (value) => FORMATS[shown.format](value);
  const n = () => shown.counts.length;
  const span = (one, other) => [Math.min(one, other), Math.max(one, other)];
  const text = (first, last) => {
    const count = shown.counts.slice(first, last + 1).reduce((sum, each) => sum + each, 0);
    return `${format(shown.edges[first])} to ${format(shown.edges[last + 1])}: ${videos(count)}`;
  };
  const mark = (first, last) => {
    cursor.style.left = `${(100 * first) / n()}%`;
    cursor.style.width = `${(100 * (last + 1 - first)) / n()}%`;
    said.textContent = text(first, last);
  };
  const rest = () => {
    cursor.hidden = true;
    const isBound = shown.low != null || shown.high != null;
    said.textContent = isBound ? `${format(shown.low ?? shown.edges[0])} to ${format(shown.high ?? shown.edges.at(-1))}` : shown.note;
  };
  const send = (first, last) => {
    const low = shown.edges[first], high = shown.lasts[last];
    const again = shown.low === low && shown.high === high;
    model.send_msg({bounds: {[shown.column]: again ? [null, null] : [low, high]}});
  };
  const binAt = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.max(0, Math.min(n() - 1, Math.floor(((event.clientX - box.left) / box.width) * n())));
  };
  canvas.onpointermove = (event) => {
    if (!n()) return;
    cursor.hidden = false;
    mark(...span(anchor ?? binAt(event), binAt(event)));
  };
  canvas.onpointerdown = (event) => {
    if (!n() || event.button !== 0) return;
    anchor = binAt(event);
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointerup = (event) => {
    if (anchor === null) return;
    send(...span(anchor, binAt(event)));
    anchor = null;
  };
  canvas.onpointercancel = () => { anchor = null; rest(); };
  canvas.onpointerleave = () => { if (anchor === null) rest(); };
  let from = null;
  canvas.onkeydown = (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!n()) return;
    if (step) {
      if (event.shiftKey) from ??= at; else from = null;
      at = Math.max(0, Math.min(n() - 1, at + step));
      cursor.hidden = false;
      mark(...span(from ?? at, at));
      voice.textContent = said.textContent;
    } else if (event.key === "Enter") send(...span(from ?? at, at));
    else if (event.key === "Escape") model.send_msg({bounds: {[shown.column]: [null, null]}});
    else return;
    event.preventDefault();
  };
  canvas.onblur = () => { from = null; rest(); };
  return {
    root, name,
    draw: (next) => {
      shown = next;
      at = Math.min(at, Math.max(0, n() - 1));
      none.hidden = n() > 0;
      canvas.hidden = n() === 0;
      if (n()) drawBars(svg, shown);
      canvas.setAttribute("aria-label", `${next.title}. ${next.summary} ${HOW_BARS}`);
      axis(next.edges, format);
      rest();
    },
  };
}

function cells(model, parent, plot) {
  const {root, name, said, canvas, voice, none} = figure(parent, plot.title, "cells");
  const svg = shape("svg", canvas, {preserveAspectRatio: "none", "aria-hidden": "true"});
  const cursor = make("div", canvas, "cursor");
  const axis = ends(root);
  let shown = plot, at = [0, 0];
  const across = () => Math.max(0, shown.x.edges.length - 1), up = () => Math.max(0, shown.y.edges.length - 1);
  const x = (value) => FORMATS[shown.x.format](value), y = (value) => FORMATS[shown.y.format](value);
  const text = ([column, row]) =>
    `${x(shown.x.edges[column])} to ${x(shown.x.edges[column + 1])}, ${y(shown.y.edges[row])} to ${y(shown.y.edges[row + 1])}: ` +
    videos(shown.counts[row][column]);
  const mark = (cell) => {
    cursor.hidden = false;
    cursor.style.left = `${(100 * cell[0]) / across()}%`;
    cursor.style.width = `${100 / across()}%`;
    cursor.style.bottom = `${(100 * cell[1]) / up()}%`;
    cursor.style.height = `${100 / up()}%`;
    said.textContent = text(cell);
  };
  const rest = () => { cursor.hidden = true; said.textContent = shown.note; };
  const clear = () => model.send_msg({bounds: {[shown.x.column]: [null, null], [shown.y.column]: [null, null]}});
  const send = ([column, row]) => {
    const wanted = {
      [shown.x.column]: [shown.x.edges[column], shown.x.lasts[column]],
      [shown.y.column]: [shown.y.edges[row], shown.y.lasts[row]],
    };
    const held = [shown.x, shown.y].every(({column: name, low, high}) => wanted[name][0] === low && wanted[name][1] === high);
    if (held) clear(); else model.send_msg({bounds: wanted});
  };
  const cellAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const part = (value, n) => Math.max(0, Math.min(n - 1, Math.floor(value * n)));
    return [part((event.clientX - box.left) / box.width, across()), part((box.bottom - event.clientY) / box.height, up())];
  };
  canvas.onpointermove = (event) => mark(cellAt(event));
  canvas.onpointerleave = rest;
  canvas.onblur = rest;
  canvas.onclick = (event) => send(cellAt(event));
  canvas.onkeydown = (event) => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (step) {
      at = [Math.max(0, Math.min(across() - 1, at[0] + step[0])), Math.max(0, Math.min(up() - 1, at[1] + step[1]))];
      mark(at);
      voice.textContent = said.textContent;
    } else if (event.key === "Enter") send(at);
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
  };
  return {
    root, name,
    draw: (next) => {
      shown = next;
      at = [Math.min(at[0], Math.max(0, across() - 1)), Math.min(at[1], Math.max(0, up() - 1))];
      none.hidden = across() > 0;
      canvas.hidden = across() === 0;
      svg.setAttribute("viewBox", `0 0 ${across()} ${up()}`);
      svg.replaceChildren();
      const most = Math.max(1, ...next.counts.flat());
      next.counts.forEach((counts, row) => counts.forEach((count, column) => {
        if (!count) return;
        const share = 0.18 + 0.82 * Math.sqrt(count / most);
        shape("rect", svg, {x: column + 0.04, y: up() - row - 0.96, width: 0.92, height: 0.92, style: `opacity:${share}`});
      }));
      canvas.setAttribute("aria-label", `${next.title}. ${next.summary} ${HOW_CELLS}`);
      axis(next.x.edges, x);
      rest();
    },
  };
}

// Areas as large as what they stand for, as square as can be: row by row along the shorter side.
function areas(sizes, width, height) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const scaled = sizes.map((size) => (size * width * height) / total);
  const found = [];
  let left = 0, top = 0, wide = width, high = height, from = 0;
  const worst = (row, side) => {
    const sum = row.reduce((all, one) => all + one, 0);
    return Math.max((side * side * row[0]) / (sum * sum), (sum * sum) / (side * side * row.at(-1)));
  };
  while (from < scaled.length) {
    const side = Math.min(wide, high);
    let to = from + 1;
    while (to < scaled.length && worst(scaled.slice(from, to + 1), side) <= worst(scaled.slice(from, to), side)) to += 1;
    const row = scaled.slice(from, to), thick = row.reduce((sum, one) => sum + one, 0) / side;
    let along = 0;
    for (const area of row) {
      const long = area / thick;
      found.push(wide >= high ? [left, top + along, thick, long] : [left + along, top, long, thick]);
      along += long;
    }
    if (wide >= high) { left += thick; wide -= thick; } else { top += thick; high -= thick; }
    from = to;
  }
  return found;
}

function tree(model, parent, plot) {
  const {root, name, head, said, canvas, none} = figure(parent, plot.title, "tree");
  canvas.removeAttribute("tabindex");
  const up = button(null, "up", "", () => model.send_msg({folder: shown.up}));
  head.children[0].after(up);
  let shown = plot;
  const rest = () => { said.textContent = shown.note; };
  const drawParts = kept(canvas, (key) => {
    const box = button(null, "part", null, () => model.send_msg({folder: key}));
    make("span", box, "label");
    make("span", box, "number");
    box.disabled = !key;
    box.onpointerleave = box.onblur = rest;
    return box;
  });
  return {
    root, name,
    draw: (next) => {
      shown = next;
      // The largest first, as their places are worked out: all that is small may be the largest.
      const parts = next.parts.filter((part) => part.bytes > 0).sort((one, other) => other.bytes - one.bytes);
      up.hidden = next.here === "";
      up.textContent = `\u2191 ${next.here}`;
      up.setAttribute("aria-label", `In ${next.here}; one folder up`);
      none.hidden = parts.length > 0;
      canvas.hidden = parts.length === 0;
      canvas.setAttribute("aria-label", `${next.title}. ${next.summary}`);
      const places = areas(parts.map((part) => part.bytes), 220, 100);
      drawParts(parts, (box, part) => {
        const [left, top, wide, high] = places[parts.indexOf(part)], [label, number] = box.children;
        const text = `${part.label}: ${FORMATS.size(part.bytes)}, ${videos(part.count)}`;
        box.className = wide > 40 && high > 18 ? "part" : "part small";
        box.setAttribute("aria-label", text);
        box.style.cssText = `left:${left / 2.2}%;top:${top}%;width:${wide / 2.2}%;height:${high}%;--share:${8 + 34 * (part.bytes / parts[0].bytes)}%`;
        label.textContent = wide > 40 && high > 18 ? part.label : "";
        number.textContent = wide > 56 && high > 34 ? FORMATS.size(part.bytes) : "";
        box.onpointerenter = box.onfocus = () => { said.textContent = text; };
      });
      rest();
    },
  };
}

export function render({model, el}) {
  const fold = make("details", el, "plots");
  fold.open = !window.matchMedia("(max-width: 899px)").matches;
  make("summary", fold, null, "Plots");
  const root = make("div", fold, "strip");
  const kinds = {bars, cells, tree};
  const held = new Map();
  const draw = () => {
    for (const plot of model.plots) {
      if (!held.has(plot.name)) held.set(plot.name, kinds[plot.kind](model, root, plot));
      held.get(plot.name).draw(plot);
      held.get(plot.name).name.textContent = plot.title;
    }
  };
  model.on("plots", draw);
  draw();
}
