// Text only ever goes through textContent: names come out of files.
const make = (tag, parent, role, name) => {
  const node = document.createElement(tag);
  if (role) node.setAttribute("role", role);
  if (name) node.className = name;
  parent?.append(node);
  return node;
};

const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };

function header(model, tr) {
  const heads = model.columns.map((column) => {
    const th = make("th", tr, "columnheader");
    th.scope = "col";
    th.classList.toggle("right", column.right);
    const button = make("button", th);
    button.type = "button";
    make("span", button).textContent = column.title;
    const arrow = make("span", button, null, "arrow");
    arrow.setAttribute("aria-hidden", "true");
    button.disabled = !column.sortable;
    button.onclick = () => model.send_msg({sort: column.field});
    return {th, arrow, field: column.field};
  });
  return () => {
    for (const {th, arrow, field} of heads) {
      const way = field !== model.sort ? "none" : model.descending ? "descending" : "ascending";
      th.setAttribute("aria-sort", way);
      arrow.textContent = way === "descending" ? "\u2193" : "\u2191";
    }
  };
}

function line(model, body, choose, pictures) {
  const tr = make("tr", body, "row");
  const one = {tr, row: null, box: null};
  if (model.selectable) {
    const td = make("td", tr, "gridcell", "pick");
    one.box = make("input", td);
    one.box.type = "checkbox";
    one.box.tabIndex = -1;
    one.box.onclick = (event) => choose(one, event.shiftKey);
    td.onclick = (event) => event.stopPropagation();
  }
  if (model.pictures) one.drawPicture = pictures.cell(tr);
  const cells = model.columns.map((column) => {
    const td = make("td", tr, "gridcell");
    td.dataset.field = column.field;
    td.classList.toggle("right", column.right);
    return make("span", td);
  });
  one.draw = (row) => {
    one.row = row;
    row.cells.forEach((text, place) => {
      say(cells[place], text);
      cells[place].title = text.length > 18 ? text : "";
      cells[place].dataset.tone = row.tones[model.columns[place].field] ?? "";
    });
  };
  return one;
}

export function render({model, el}) {
  const scroll = make("div", el, null, "scroll");
  let lines = [], at = 0, drawHeader = () => {}, table = null, body = null, every = null;

  const pictures = gallery(model, () => lines);
  const chosen = () => new Set(model.chosen);
  const tell = (ids) => model.send_msg({choose: [...ids]});
  let last = null;
  // With Shift all from the last one to this.
  const choose = (one, isRange) => {
    const ids = chosen(), wanted = !ids.has(one.row.id), place = lines.indexOf(one);
    const from = isRange && last != null ? Math.min(last, lines.length - 1) : place;
    for (const other of lines.slice(Math.min(from, place), Math.max(from, place) + 1)) {
      if (wanted) ids.add(other.row.id); else ids.delete(other.row.id);
    }
    last = place;
    tell(ids);
  };
  const open = (one) => { if (model.opens) model.send_msg({open: one.row.id}); };
  const rove = (place, focus) => {
    if (lines.length === 0) return;
    at = Math.max(0, Math.min(place, lines.length - 1));
    lines.forEach((one) => { one.tr.tabIndex = -1; });
    lines[at].tr.tabIndex = 0;
    if (focus) lines[at].tr.focus();
  };
  const onKey = (event) => {
    const place = lines.findIndex((one) => one.tr === event.target);
    if (place < 0) return;
    const steps = {ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: lines.length - 1};
    if (event.key in steps) rove(steps[event.key], true);
    else if (event.key === "Enter") open(lines[place]);
    else if (event.key === " " && model.selectable) choose(lines[place], event.shiftKey);
    else return;
    event.preventDefault();
  };

  let wasOpen = null;
  // What slid in had the focus, and takes it away with it: it goes back to where it came from.
  const comeBack = () => {
    const place = lines.findIndex((one) => one.row.id === wasOpen);
    if (model.opened == null && wasOpen != null && place >= 0) rove(place, true);
    wasOpen = model.opened;
  };
  const marks = () => {
    const ids = chosen();
    for (const one of lines) {
      const isChosen = ids.has(one.row.id);
      if (one.box) {
        one.box.checked = isChosen;
        one.box.setAttribute("aria-label", `Select ${one.row.cells[0]}`);
        one.tr.setAttribute("aria-selected", String(isChosen));
      }
      one.tr.toggleAttribute("data-open", one.row.id === model.opened);
    }
    if (every) {
      const n = lines.filter((one) => ids.has(one.row.id)).length;
      every.checked = n > 0 && n === lines.length;
      every.indeterminate = n > 0 && n < lines.length;
    }
    if (model.opened !== wasOpen) comeBack();
  };
  const draw = () => {
    const rows = model.rows;
    while (lines.length < rows.length) {
      const one = line(model, body, choose, pictures);
      one.tr.onclick = () => { rove(lines.indexOf(one), false); open(one); };
      lines.push(one);
      if (model.pictures) pictures.watch(one);
    }
    while (lines.length > rows.length) {
      const one = lines.pop();
      if (model.pictures) pictures.leave(one);
      one.tr.remove();
    }
    lines.forEach((one, place) => one.draw(rows[place]));
    if (model.pictures) pictures.draw();
    table.setAttribute("aria-label", model.label);
    drawHeader();
    marks();
    rove(at, false);
  };
  const build = () => {
    const held = scroll.scrollLeft;
    scroll.replaceChildren();
    lines = [];
    table = make("table", scroll, "grid");
    table.toggleAttribute("data-opens", model.opens);
    table.toggleAttribute("data-pictures", model.pictures);
    pictures.begin();
    const before = [...(model.selectable ? [44] : []), ...(model.pictures ? [84] : [])];
    const widths = make("colgroup", table);
    for (const width of before) make("col", widths).style.width = `${width}px`;
    for (const column of model.columns) {
      const col = make("col", widths);
      if (!column.grow) col.style.width = `${column.width}px`;
    }
    const least = model.columns.reduce((sum, column) => sum + column.width, before.reduce((sum, width) => sum + width, 0));
    table.style.setProperty("--least", `${least}px`);
    const tr = make("tr", make("thead", table, "rowgroup"), "row");
    if (model.selectable) {
      const th = make("th", tr, "columnheader", "pick");
      every = make("input", th);
      every.type = "checkbox";
      every.setAttribute("aria-label", "Select all on this page");
      every.onclick = () => {
        const ids = chosen();
        for (const one of lines) if (every.checked) ids.add(one.row.id); else ids.delete(one.row.id);
        tell(ids);
      };
    }
    if (model.pictures) {
      const th = make("th", tr, "columnheader", "picture");
      make("span", th, null, "visually-hidden").textContent = "Picture";
    }
    drawHeader = header(model, tr);
    body = make("tbody", table, "rowgroup");
    body.onkeydown = onKey;
    draw();
    scroll.scrollLeft = held;
  };
  model.on(["columns", "pictures"], build);
  model.on(["rows", "sort", "descending", "label"], draw);
  model.on(["chosen", "opened"], marks);
  build();
}
