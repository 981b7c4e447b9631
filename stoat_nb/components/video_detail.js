// Text only ever goes through textContent: names, tags and errors come out of files.
const make = (tag, parent, text, name) => {
  const node = document.createElement(tag);
  if (text != null) node.textContent = text;
  if (name) node.className = name;
  if (parent) parent.append(node);
  return node;
};

const section = (parent, title, name) => {
  const box = make("section", parent, null, name);
  const id = `stoat-${Math.random().toString(36).slice(2)}`;
  make("h3", box, title).id = id;
  box.setAttribute("aria-labelledby", id);
  return box;
};

// A table that scrolls by itself when it is wider than the page, also by keyboard.
const table = (parent, title, heads, rows) => {
  const box = make("div", parent, null, "wide");
  make("h3", box, title);
  const scroller = make("div", box, null, "scroller");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", title);
  const grid = make("table", scroller);
  const line = make("tr", make("thead", grid));
  for (const head of heads) make("th", line, head).scope = "col";
  const body = make("tbody", grid);
  for (const row of rows) {
    const cells = make("tr", body);
    for (const cell of row) make("td", cells, cell);
  }
};

const copyButton = (parent, path) => {
  const button = make("button", parent, "Copy path");
  button.type = "button";
  const said = make("span", parent, "", "visually-hidden");
  said.setAttribute("role", "status");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(path);
      button.textContent = said.textContent = "Copied";
    } catch {
      // No clipboard without a secure origin: mark the path, so that it can be copied by hand.
      getSelection().selectAllChildren(button.parentElement.querySelector(".path"));
      button.textContent = said.textContent = "Selected: press Ctrl+C";
    }
  };
};

// The sheet that slides in is a dialog, of which a screen reader says what it is about.
const nameDialog = (node, text) => {
  for (let at = node; at; at = at.parentNode ?? at.host) {
    if (at.getAttribute?.("role") === "dialog") at.setAttribute("aria-label", text);
  }
};

const drawHead = (parent, head) => {
  const top = make("header", parent);
  make("h2", top, head.name);
  const line = make("p", top, null, "line");
  const status = make("span", line, head.status, "status");
  if (head.tone) status.dataset.tone = head.tone;
  make("span", line, head.line);
  const place = make("p", top, null, "place");
  make("span", place, head.path, "path");
  copyButton(place, head.path);
  if (head.error) make("p", top, head.error, "problem");
};

const drawFacts = (parent, groups) => {
  const box = make("div", parent, null, "groups");
  for (const group of groups) {
    const list = make("dl", section(box, group.title, "group"));
    for (const row of group.rows) {
      const pair = make("div", list);
      make("dt", pair, row.label);
      const value = make("dd", pair, row.value);
      if (row.tone) value.dataset.tone = row.tone;
    }
  }
};

const drawRest = (parent, facts) => {
  if (facts.streams.length) {
    table(parent, "Streams", ["No.", "Kind", "Codec", "Format", "Language", "Notes"], facts.streams);
  }
  if (facts.chapters.length) table(parent, "Chapters", ["No.", "Begins", "Title"], facts.chapters);
  if (facts.tags.length) table(parent, "Tags", ["Of", "Name", "Value"], facts.tags);
  table(parent, "History", ["When", "Change", "Property", "Before", "After"], facts.history);
};

// Where the file can be had, if REST is there: a page without it has pictures only.
const streamOf = async (api, stream) => {
  const base = new URL(`${api}/`, location.href);
  if (base.origin === location.origin) {
    const answer = await fetch(new URL("health", base));
    if (!answer.ok) throw new Error("no REST");
  }
  return new URL(stream, base).href;
};

export function render({model, el}) {
  const root = make("article", el, null, "detail");
  let stage, look, sheets, raw, shownVideo;

  const drawLook = () => {
    if (!stage || shownVideo) return;
    const head = model.facts.heading;
    stage.hidden = Boolean(head.error) && !model.poster;  // why is said above already
    const next = make(model.poster ? "img" : "p");
    if (model.poster) {
      next.src = model.poster;
      next.alt = `A picture from ${head.name}`;
    } else {
      next.textContent = model.note || "";
      next.className = "waiting";
      next.setAttribute("role", "status");
    }
    look?.remove();
    stage.prepend(next);
    look = next;
  };

  const drawStage = () => {
    if (!stage || shownVideo) return;
    const head = model.facts.heading;
    stage.replaceChildren();
    drawLook();
    const player = model.facts.player;
    const say = (text) => make("p", stage, text, "why");
    if (!player.can) {
      say(player.why);
    } else if (!model.api) {
      say("Playback needs `stoat serve`.");
    } else {
      const play = make("button", stage, "Play", "play");
      play.type = "button";
      play.setAttribute("aria-label", `Play ${head.name}`);
      play.onclick = () => startPlayer(say, head, player);
      if (player.why) say(player.why);
    }
  };

  const startPlayer = async (say, head, {why: doubt, stream}) => {
    const here = stage;
    try {
      const url = await streamOf(model.api, stream);
      if (stage !== here) return;  // another video is looked at by now
      const video = document.createElement("video");
      video.controls = true;
      video.setAttribute("aria-label", head.name);
      if (model.poster) video.poster = model.poster;
      video.onerror = () => {
        shownVideo = null;
        drawStage();
        say(`This browser cannot play it. ${doubt}`);
      };
      // A notebook is another site to the server: which must allow it, and is told of it only so.
      if (new URL(url, location.href).origin !== location.origin) video.crossOrigin = "anonymous";
      video.src = url;
      shownVideo = video;
      stage.replaceChildren(video);
      if (doubt) say(doubt);
      video.focus();
      video.play().catch(() => {});
    } catch {
      say("It cannot be played here: this page has no REST API. “stoat serve” has.");
    }
  };

  const drawSheet = () => {
    if (!sheets) return;
    sheets.replaceChildren();
    sheets.hidden = !model.sheet;
    if (!model.sheet) return;
    const picture = make("img", sheets);
    picture.src = model.sheet;
    picture.alt = `Pictures from all over ${model.facts.heading.name}, in order`;
  };

  const drawRaw = () => {
    if (raw) raw.textContent = model.raw || "It is being read.";
  };

  const draw = () => {
    const facts = model.facts;
    shownVideo?.pause();
    stage = sheets = raw = shownVideo = null;
    root.replaceChildren();
    if (facts.problem) make("p", root, facts.problem, "problem");
    if (!facts.heading) return;
    drawHead(root, facts.heading);
    nameDialog(root, facts.heading.name);
    const top = make("div", root, null, "top");
    stage = make("div", top, null, "stage");
    sheets = make("div", top, null, "sheets");
    drawStage();
    drawSheet();
    drawFacts(root, facts.groups);
    drawRest(root, facts);
    const box = make("details", root);
    make("summary", box, "Raw metadata");
    raw = make("pre", box);
    raw.tabIndex = 0;
    drawRaw();
    box.ontoggle = () => { if (box.open && !model.raw) model.wants_raw = true; };
  };

  model.on("facts", draw);
  model.on(["poster", "note"], drawLook);  // what can be pressed stays where it is
  model.on("api", drawStage);
  model.on("sheet", drawSheet);
  model.on("raw", drawRaw);
  model.on("remove", () => shownVideo?.pause());
  draw();
}
