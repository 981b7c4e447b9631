// Files come as messages, not as properties: nothing of them stays in the page or on the server.
const save = ({name, content}) => {
  const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], {type: "application/octet-stream"}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

export function render({model, el}) {
  const root = document.createElement("div");
  root.className = "downloads";
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = "Download all as";
  const problem = document.createElement("div");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  root.append(label);
  const buttons = new Map();
  for (const [format, name] of Object.entries(model.formats)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.onclick = () => { button.disabled = true; model.send_msg({format}); };
    buttons.set(format, button);
    root.append(button);
  }
  root.append(problem);
  el.append(root);
  const draw = () => {
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
  };
  model.on("msg:custom", (event) => {
    const answer = event.data ?? event;
    buttons.get(answer.format).disabled = false;
    if (answer.content != null) save(answer);
  });
  model.on("problem", draw);
  draw();
}
