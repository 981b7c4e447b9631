// Pictures of the rows that are on screen: a few are asked for at once, the uppermost first.
const AT_ONCE = 3, KEPT = 500, AGAIN_MS = 2000;

const pictureCell = (parent) => {
  const cell = make("td", parent, "gridcell", "picture");
  const frame = make("div", cell, null, "frame");
  const image = make("img", frame);
  const said = make("span", frame, null, "visually-hidden");
  return (row, found) => {
    image.hidden = !found?.url;
    image.alt = found?.url ? `A picture from ${row.cells[0]}` : "";
    if (found?.url && image.src !== found.url) image.src = found.url;
    else if (!found?.url) image.removeAttribute("src");
    say(said, found?.url ? "" : found?.why || "The picture has not been drawn yet.");
    frame.title = found?.why ?? "";
    frame.dataset.state = found?.url ? "done" : found?.why ? "none" : "waiting";
  };
};

const gallery = (model, linesNow) => {
  const known = new Map(), asked = new Map(), seen = new Set();
  let timer = 0, observer = null;
  const keyOf = (row) => `${row.id} ${row.mark}`;
  const draw = (one) => one.drawPicture(one.row, known.get(keyOf(one.row)));
  const ask = () => {
    if (!model.pictures) return;
    for (const one of linesNow()) {
      if (asked.size >= AT_ONCE) return;
      const key = keyOf(one.row);
      if (!seen.has(one.tr) || known.has(key) || asked.has(one.row.id)) continue;
      asked.set(one.row.id, key);
      model.send_msg({picture: one.row.id});
    }
  };
  const keep = (key, found) => {
    known.set(key, found);
    if (known.size > KEPT) known.delete(known.keys().next().value);
  };
  model.on("msg:custom", (event) => {
    const data = event.data ?? event;
    const key = asked.get(data.picture);
    if (key === undefined) return;
    asked.delete(data.picture);
    if (data.later) {
      // Too many pictures are being waited for, here or elsewhere.
      clearTimeout(timer);
      timer = setTimeout(ask, AGAIN_MS);
      return;
    }
    keep(key, data);
    linesNow().filter((one) => keyOf(one.row) === key).forEach(draw);
    ask();
  });
  model.on("remove", () => { clearTimeout(timer); observer?.disconnect(); });
  return {
    cell: pictureCell,
    begin: () => {
      observer?.disconnect();
      seen.clear();
      observer = new IntersectionObserver((entries) => {
        for (const {target, isIntersecting} of entries) {
          if (isIntersecting) seen.add(target); else seen.delete(target);
        }
        ask();
      });
    },
    watch: (one) => observer.observe(one.tr),
    leave: (one) => { observer.unobserve(one.tr); seen.delete(one.tr); },
    draw: () => { linesNow().forEach(draw); ask(); },
  };
};
