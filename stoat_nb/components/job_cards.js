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

const name = (node, text) => {
  if (node.getAttribute("aria-label") !== text) node.setAttribute("aria-label", text);
};

const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
};

const span = (seconds) => {
  const whole = Math.floor(seconds);
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
};

const moment = (seconds) =>
  new Date(seconds * 1000).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});

// What stands beside the buttons: the time and the log's.
const FIXED = 2;
// Seconds without a move from which on a person is told of it.
const QUIET_S = 5;

// A pressed button is not disabled, which would take the focus from it, but does nothing more.
function press(button, act) {
  button.type = "button";
  button.onclick = () => { if (button.getAttribute("aria-disabled") !== "true") act(); };
}

function log(root, ask) {
  const view = make("div", "log", root);
  view.setAttribute("role", "log");
  view.tabIndex = 0;
  view.hidden = true;
  let drawn = [];
  const entry = (line) => {
    const node = make("div", "entry", view);
    node.dataset.level = line.level;
    make("span", "at", node).textContent = line.time;
    make("span", "text", node).textContent = line.label + line.text;
  };
  const draw = (lines) => {
    const same = drawn.length <= lines.length && drawn.every((line, place) => line.text === lines[place].text);
    if (!same || drawn.length === 0) { view.replaceChildren(); drawn = []; }
    const follows = view.scrollHeight - view.scrollTop - view.clientHeight < 24;
    lines.slice(drawn.length).forEach(entry);
    if (follows && lines.length > drawn.length) view.scrollTop = view.scrollHeight;
    drawn = lines;
  };
  return {view, draw};
}

function card(model, id, announce) {
  const send = (message) => model.send_msg({id, ...message});
  const root = make("div", "job");
  root.setAttribute("role", "listitem");
  const head = make("div", "head", root);
  const title = make("span", "title", head);
  const pill = make("span", "pill", head);
  const side = make("div", "side", root);
  const when = make("time", "when", side);
  const unfold = make("button", "plain", side);
  unfold.textContent = "Log";
  const buttons = new Map();
  const where = make("div", "where", root);
  const bar = make("div", "bar", root);
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  const fill = make("div", "fill", bar);
  const stalled = make("div", "stalled", root);
  const facts = make("div", "facts", root);
  const detail = make("span", "detail", facts);
  const running = make("span", "problems", facts);
  const quiet = make("span", "quiet", facts);
  const elapsed = make("span", "elapsed", facts);
  const problems = make("div", "problems", root);
  const notes = make("div", "notes", root);
  const current = make("div", "current", root);
  const {view, draw: drawLog} = log(root);
  let row = null, drawn = 0, isOpen = false, said = null, readsFiles = false;

  press(unfold, () => { open(!isOpen); send({verb: "log", open: isOpen}); });
  const open = (now) => {
    isOpen = now;
    view.hidden = !now;
    unfold.setAttribute("aria-expanded", String(now));
  };
  const tick = () => {
    const since = (performance.now() - drawn) / 1000;
    say(elapsed, row.live && row.elapsed_s != null ? clock(row.elapsed_s + since) : "");
    const still = row.still_s == null ? 0 : row.still_s + since;
    const isStalled = still >= row.stalled_after_s;
    say(stalled, isStalled ? `Stalled: nothing has moved for ${span(still)}` : "");
    say(quiet, still >= QUIET_S && !isStalled ? `last moved ${span(still)} ago` : "");
    root.dataset.status = isStalled ? "stalled" : row.status;
    const label = isStalled && row.label === "Running" ? "Stalled" : row.label;
    say(pill, label);
    if (said !== null && said !== label) announce(`${row.title}: ${label}`);
    said = label;
  };
  const follow = () => { if (isOpen && row.live) send({verb: "log", open: true}); };
  const place = () => {
    const offered = new Set(row.actions.map((action) => action.verb));
    for (const action of row.actions) {
      if (!buttons.has(action.verb)) {
        const button = make("button", "wish");
        button.dataset.verb = action.verb;
        press(button, () => {
          button.setAttribute("aria-disabled", "true");
          send({verb: action.verb});
        });
        buttons.set(action.verb, button);
      }
      const button = buttons.get(action.verb);
      button.textContent = action.label;
      // Several jobs that have ended may have done the same: their time tells them apart.
      name(button, row.live ? action.name : `${action.name}, ${moment(row.submitted_at)}`);
      button.setAttribute("aria-disabled", String(action.busy));
    }
    const wanted = row.actions.map((action) => buttons.get(action.verb));
    if (wanted.some((button, at) => button !== side.children[FIXED + at])) side.append(...wanted);
    for (const [verb, button] of buttons) {
      if (offered.has(verb)) continue;
      const focused = button === root.getRootNode().activeElement;
      button.remove();
      buttons.delete(verb);
      if (focused) (buttons.get(row.actions[0]?.verb) ?? unfold).focus();
    }
  };
  const draw = (next, lines) => {
    const ended = row?.live && !next.live;
    // A log that came is no reason to count from the same figures again.
    if (row?.elapsed_s !== next.elapsed_s || row?.still_s !== next.still_s) drawn = performance.now();
    row = next;
    root.toggleAttribute("data-live", row.live);
    say(title, row.title);
    say(where, row.where);
    say(when, moment(row.submitted_at));
    when.dateTime = new Date(row.submitted_at * 1000).toISOString();
    const subject = row.where ? `Scan of ${row.where}` : row.title;
    name(unfold, `Log of ${subject}, ${moment(row.submitted_at)}`);
    name(view, `Log of ${subject}`);
    place();
    bar.hidden = !row.live || row.status === "pending" && row.percent == null;
    bar.classList.toggle("unknown", row.status === "running" && row.percent == null);
    name(bar, `Progress of ${row.title}`);
    if (row.percent == null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(row.percent));
    fill.style.width = row.percent == null ? "" : `${row.percent}%`;
    say(detail, row.detail);
    say(running, row.live ? row.problems : "");
    say(problems, row.live ? "" : row.problems);
    say(notes, row.notes);
    const works = row.status === "running";
    // Between two files the line keeps its room, so that what is below does not jump.
    readsFiles ||= row.current !== "";
    say(current, works ? row.current || (readsFiles ? "\u00a0" : "") : "");
    if (lines) { open(true); drawLog(lines); }
    if (ended && isOpen) send({verb: "log", open: true});
    tick();
  };
  open(false);
  return {root, draw, tick: () => { tick(); follow(); }};
}

export function render({model, el}) {
  const list = make("div", "jobs", el);
  list.setAttribute("role", "list");
  list.setAttribute("aria-label", model.label);
  const empty = make("div", "empty", el);
  const more = make("div", "more", el);
  const voice = make("div", "visually-hidden", el);
  voice.setAttribute("aria-live", "polite");
  const announce = (text) => { voice.textContent = text; };
  const cards = new Map();
  const moved = new Map();
  const draw = () => {
    const rows = model.rows.map((row) => {
      const news = moved.get(row.id);
      return news?.status === row.status ? {...row, ...news} : row;
    });
    const focused = list.getRootNode().activeElement;
    rows.forEach((row, place) => {
      if (!cards.has(row.id)) cards.set(row.id, card(model, row.id, announce));
      const one = cards.get(row.id);
      one.draw(row, model.logs[row.id]);
      if (list.children[place] !== one.root) list.insertBefore(one.root, list.children[place] ?? null);
      document.querySelector(`[data-stoat-job="${CSS.escape(row.id)}"]`)?.remove();
    });
    const ids = new Set(rows.map((row) => row.id));
    for (const [id, one] of cards) if (!ids.has(id)) { one.root.remove(); cards.delete(id); }
    // A card that moved to another place has lost the focus on its way.
    if (focused && focused !== list.getRootNode().activeElement && list.contains(focused)) focused.focus({preventScroll: true});
    list.hidden = rows.length === 0;
    say(empty, rows.length === 0 && model.loaded ? model.empty_text : "");
    say(more, model.more_text);
  };
  // Without its server a page knows nothing of any job: no clock goes on.
  const ticking = setInterval(() => {
    if (!("connectionLost" in document.documentElement.dataset)) cards.forEach((one) => one.tick());
  }, 1000);
  model.on(["logs", "loaded", "empty_text", "more_text"], draw);
  model.on("rows", () => { moved.clear(); draw(); });
  model.on("msg:custom", (event) => {
    for (const [id, figures] of Object.entries(event.data ?? event)) moved.set(id, figures);
    draw();
  });
  model.on("remove", () => clearInterval(ticking));
  draw();
}
