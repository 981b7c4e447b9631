// One property, any number of jobs. Text only ever goes through textContent: names are hostile.
const make = (tag, name, parent) => {
  const node = document.createElement(tag);
  node.className = name;
  parent?.append(node);
  return node;
};

const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = text === "";
};

const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
};

const moment = (seconds) =>
  new Date(seconds * 1000).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});

function card(model, id) {
  const root = make("div", "job");
  root.setAttribute("role", "listitem");
  const head = make("div", "head", root);
  const title = make("span", "title", head);
  const pill = make("span", "pill", head);
  const side = make("div", "side", root);
  const when = make("time", "when", side);
  const cancel = make("button", "cancel", side);
  cancel.type = "button";
  cancel.onclick = () => { cancel.disabled = true; model.send_msg({cancel: id}); };
  const where = make("div", "where", root);
  const bar = make("div", "bar", root);
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  const fill = make("div", "fill", bar);
  const facts = make("div", "facts", root);
  const detail = make("span", "detail", facts);
  const running = make("span", "problems", facts);
  const elapsed = make("span", "elapsed", facts);
  const problems = make("div", "problems", root);
  const notes = make("div", "notes", root);
  const current = make("div", "current", root);
  let row = null, drawn = 0;

  const tick = () => {
    const known = row.live && row.elapsed_s != null;
    say(elapsed, known ? clock(row.elapsed_s + (performance.now() - drawn) / 1000) : "");
  };
  const draw = (next) => {
    row = next;
    drawn = performance.now();
    root.dataset.status = row.status;
    root.toggleAttribute("data-live", row.live);
    say(title, row.title);
    say(pill, row.label);
    say(where, row.where);
    say(when, moment(row.submitted_at));
    when.dateTime = new Date(row.submitted_at * 1000).toISOString();
    cancel.hidden = !row.live;
    cancel.disabled = row.stopping;
    cancel.textContent = row.stopping ? "Stopping…" : "Cancel";
    cancel.setAttribute("aria-label", `Cancel ${row.title}`);
    bar.hidden = !row.live;
    bar.classList.toggle("unknown", row.percent == null);
    bar.setAttribute("aria-label", `Progress of ${row.title}`);
    if (row.percent == null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(row.percent));
    fill.style.width = row.percent == null ? "" : `${row.percent}%`;
    say(detail, row.detail);
    say(running, row.live ? row.problems : "");
    say(problems, row.live ? "" : row.problems);
    say(notes, row.notes);
    say(current, row.live ? row.current : "");
    if (row.live && !row.current) { current.hidden = false; current.textContent = "\u00a0"; }
    tick();
  };
  return {root, draw, tick};
}

export function render({model, el}) {
  const list = make("div", "jobs", el);
  list.setAttribute("role", "list");
  list.setAttribute("aria-label", model.label);
  const empty = make("div", "empty", el);
  const cards = new Map();
  const draw = () => {
    const rows = model.rows;
    rows.forEach((row, place) => {
      if (!cards.has(row.id)) cards.set(row.id, card(model, row.id));
      const one = cards.get(row.id);
      one.draw(row);
      if (list.children[place] !== one.root) list.insertBefore(one.root, list.children[place] ?? null);
      document.querySelector(`[data-stoat-job="${CSS.escape(row.id)}"]`)?.remove();
    });
    const ids = new Set(rows.map((row) => row.id));
    for (const [id, one] of cards) if (!ids.has(id)) { one.root.remove(); cards.delete(id); }
    list.hidden = rows.length === 0;
    say(empty, rows.length === 0 && model.loaded ? model.empty_text : "");
  };
  const ticking = setInterval(() => cards.forEach((one) => one.tick()), 1000);
  model.on(["rows", "loaded", "empty_text"], draw);
  model.on("remove", () => clearInterval(ticking));
  draw();
}
