// How long to wait for the next key: half an expression is none, half a word is one.
const TYPING_MS = {search: 250, where: 900};

function field(model, parent, name, label, placeholder) {
  const root = make("label", parent, `field ${name}`);
  make("span", root, "visually-hidden", label);
  const input = make("input", root);
  input.type = name === "search" ? "search" : "text";
  input.placeholder = placeholder;
  input.spellcheck = false;
  input.autocomplete = "off";
  let timer = 0, sent = "", isAnswered = true;
  const send = () => {
    clearTimeout(timer);
    if (sent === input.value) return;
    sent = input.value;
    isAnswered = false;
    model.send_msg({[name]: input.value});
  };
  input.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(send, TYPING_MS[name]);
  };
  input.onblur = send;
  input.onkeydown = (event) => { if (event.key === "Enter") { sent = null; send(); } };
  return {
    input,
    // What somebody is typing just now is newer than what comes back.
    draw: (value) => {
      isAnswered ||= value === sent;
      const isTyping = input.value !== sent || !isAnswered;
      if (isTyping && input === input.getRootNode().activeElement) return;
      if (input.value !== value) input.value = value;
      sent = value;
      isAnswered = true;
    },
  };
}

function views(model, parent) {
  const {root, box} = popover(parent, "Views", "views");
  const list = make("ul", box);
  const none = make("p", box, "hint", "A view keeps filters, order and columns under a name.");
  const form = make("form", box, "line");
  const input = make("input", form);
  input.placeholder = "Name of this view";
  input.setAttribute("aria-label", "Name of this view");
  input.maxLength = 80;
  make("button", form, "solid", "Save").type = "submit";
  form.onsubmit = (event) => {
    event.preventDefault();
    if (input.value.trim()) model.send_msg({save: input.value});
    input.value = "";
  };
  const drawViews = kept(list, (name) => {
    const item = make("li", null, "line");
    button(item, "plain grow", name, () => { root.open = false; model.send_msg({show: name}); });
    const gone = button(item, "plain", "\u00d7", () => model.send_msg({delete: name}));
    gone.setAttribute("aria-label", `Delete the view ${name}`);
    return item;
  });
  return () => {
    none.hidden = model.views.length > 0;
    drawViews(model.views.map((key) => ({key})), () => {});
  };
}

function columns(model, parent) {
  const {box} = popover(parent, "Columns", "columns");
  const find = make("input", box);
  find.type = "search";
  find.placeholder = "Find a column";
  find.setAttribute("aria-label", "Find a column");
  const list = make("ul", box, "tall");
  const drawColumns = kept(list, (name) => {
    const item = make("li"), label = make("label", item, "line"), tick = make("input", label);
    tick.type = "checkbox";
    tick.onchange = () => model.send_msg({column: name, shown: tick.checked});
    make("span", label);
    return item;
  });
  const draw = () => {
    const wanted = find.value.toLowerCase(), shown = new Set(model.columns);
    const found = model.offered.filter(({field: name, title}) => `${name} ${title}`.toLowerCase().includes(wanted));
    drawColumns(found.map((one) => ({key: one.field, ...one})), (item, {key, title, doc}) => {
      const [tick, said] = item.firstChild.children;
      tick.checked = shown.has(key);
      said.textContent = title;
      said.title = doc;
    });
  };
  find.oninput = draw;
  return draw;
}

function code(model, parent) {
  const {root, box} = popover(parent, "Code", "code");
  const tabs = make("div", box, "line");
  const pre = make("pre", box);
  pre.tabIndex = 0;
  let which = "pandas";
  const ways = {pandas: "Python", sql: "SQL"};
  const buttons = Object.entries(ways).map(([name, text]) => {
    const one = button(tabs, "plain", text, () => { which = name; draw(); });
    return [name, one];
  });
  make("span", tabs, "grow");
  const copy = button(tabs, "solid", "Copy", () => {
    navigator.clipboard?.writeText(pre.textContent).then(() => { copy.textContent = "Copied"; });
  });
  const draw = () => {
    for (const [name, one] of buttons) one.setAttribute("aria-pressed", String(name === which));
    pre.textContent = model.code[which] ?? "";
    copy.textContent = "Copy";
  };
  root.addEventListener("toggle", () => model.send_msg({code: root.open}));
  return draw;
}

const REMEMBERED = "stoat-pictures";

function pictures(model, parent) {
  const choose = (wanted) => {
    try { if (model.remembers) localStorage.setItem(REMEMBERED, String(wanted)); } catch { /* private */ }
    model.send_msg({pictures: wanted});
  };
  const toggle = button(parent, "toggle", "Pictures", () => choose(!model.pictures));
  try {
    if (model.remembers && !model.pictures && localStorage.getItem(REMEMBERED) === "true") choose(true);
  } catch { /* private */ }
  return () => toggle.setAttribute("aria-pressed", String(model.pictures));
}

// What can be done with the rows that are selected.
function selection(model, parent) {
  const root = make("div", parent, "selection");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Selection");
  const count = make("span", root, "said");
  const ask = (text, wish) => button(root, "plain", text, () => model.send_msg({selection: wish}));
  ask("Show only these", "show");
  const copy = ask("Copy paths", "copy");
  ask("Clear selection", "clear");
  const by_hand = make("textarea", root);
  by_hand.readOnly = true;
  by_hand.setAttribute("aria-label", "Paths of the selected videos");
  by_hand.hidden = true;
  model.on("msg:custom", async (event) => {
    const text = (event.data ?? event).paths;
    if (text == null) return;
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      // No clipboard without a secure origin: the paths are there to be copied by hand.
      by_hand.hidden = false;
      by_hand.value = text;
      by_hand.select();
      copy.textContent = "Selected: press Ctrl+C";
    }
  });
  return () => {
    root.hidden = model.n_chosen === 0;
    by_hand.hidden = true;
    count.textContent = `${model.n_chosen.toLocaleString("en-GB")} selected`;
    copy.textContent = "Copy paths";
  };
}

export function render({model, el}) {
  const root = make("div", el, "bar");
  const top = make("div", root, "top");
  const search = field(model, top, "search", "Search", "Search names and folders");
  const where = field(model, top, "where", "Expression", 'Expression: height >= 2160 and fps_mode == "vfr"');
  const menus = make("div", top, "menus");
  const draws = [views(model, menus), columns(model, menus), code(model, menus), pictures(model, menus)];
  const problem = make("p", root, "problem");
  problem.id = "problem";
  problem.setAttribute("role", "alert");
  const line = make("div", root, "chips");
  const said = make("span", line, "said");
  said.setAttribute("role", "status");
  const chips = make("div", line, "chips");
  chips.setAttribute("role", "group");
  chips.setAttribute("aria-label", "Active filters");
  const drawChips = kept(chips, (key) => {
    const one = button(null, key ? "chip" : "plain", null, () => model.send_msg(key ? {drop: key} : {clear: true}));
    make("span", one);
    if (key) make("span", one, "cross", "\u00d7").setAttribute("aria-hidden", "true");
    return one;
  });
  const drawSelection = selection(model, root);
  const draw = () => {
    search.draw(model.search);
    where.draw(model.where);
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
    where.input.setAttribute("aria-invalid", String(model.problem !== ""));
    where.input.setAttribute("aria-describedby", "problem");
    if (said.textContent !== model.said) said.textContent = model.said;
    chips.hidden = model.chips.length === 0;
    drawChips([...model.chips, {key: "", label: "Clear all"}], (one, {key, label}) => {
      one.firstChild.textContent = label;
      one.setAttribute("aria-label", key ? `Remove filter ${label}` : label);
    });
  };
  model.on(["search", "where", "problem", "chips", "said"], draw);
  model.on("n_chosen", drawSelection);
  drawSelection();
  model.on("views", draws[0]);
  model.on(["columns", "offered"], draws[1]);
  model.on("code", draws[2]);
  model.on("pictures", draws[3]);
  draw();
  draws.forEach((one) => one());
}
