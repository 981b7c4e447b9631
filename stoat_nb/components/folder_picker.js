// Folder names only ever go through textContent, and come back as a place in the list.
const SHAPES = {
  folder: "M3 6.5h6l2 2.5h10v9.5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
  up: "M12 19V6m-6 6 6-6 6 6",
};

const drawn = (shape) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[shape]);
  svg.append(path);
  return svg;
};

export function render({model, el}) {
  const part = (name, role) => {
    const node = document.createElement("div");
    node.className = name;
    if (role) node.setAttribute("role", role);
    return node;
  };
  const root = part("picker");
  const place = part("place", "status");
  const problem = part("problem", "alert");
  const list = part("list", "group");
  list.setAttribute("aria-label", "Folders");
  root.append(place, problem, list);
  el.append(root);

  const entry = (text, shape, message) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(drawn(shape), document.createTextNode(text));
    button.onclick = () => model.send_msg(message);
    list.append(button);
  };
  const draw = () => {
    place.textContent = model.place;
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
    list.replaceChildren();
    if (model.has_parent) entry("One folder up", "up", {up: true});
    model.folders.forEach((name, index) => entry(name, "folder", {open: index, visit: model.visit}));
    if (!model.folders.length) {
      const none = part("none");
      none.textContent = "No folders in here.";
      list.append(none);
    }
    list.scrollTop = 0;
  };
  model.on("visit", draw);
  draw();
}
