// Folder names only ever go through textContent, and come back as a place in the list.
const SHAPES = {
  folder: "M3 6.5h6l2 2.5h10v9.5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
  up: "M12 19V6m-6 6 6-6 6 6",
};

export function render({model, el}) {
  const root = make("div", el, "picker");
  const part = (name, role) => {
    const node = make("div", root, name);
    node.setAttribute("role", role);
    return node;
  };
  const place = part("place", "status");
  const problem = part("problem", "alert");
  const list = part("list", "group");
  list.setAttribute("aria-label", "Folders");

  const entry = (text, which, message) => {
    const one = button(null, null, null, () => model.send_msg(message));
    shape("path", shape("svg", one, {viewBox: "0 0 24 24", "aria-hidden": "true"}), {d: SHAPES[which]});
    one.append(text);
    return one;
  };
  const up = entry("One folder up", "up", {up: true});
  const draw = () => {
    place.textContent = model.place;
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
    const folders = model.folders.map((name, index) => entry(name, "folder", {open: index, visit: model.visit}));
    if (!folders.length) folders.push(make("div", null, "none", "No folders in here."));
    arrange(list, model.has_parent ? [up, ...folders] : folders);
    list.scrollTop = 0;
  };
  model.on("visit", draw);
  draw();
}
