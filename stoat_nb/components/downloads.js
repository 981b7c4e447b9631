// A file comes in pieces, each asked for when the one before is here: neither the page nor the server ever holds
// all of it, and nothing of it stays. The browser keeps blobs where it likes, on disk if they are large.
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const save = (parts, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, {type: "application/octet-stream"}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const size = (n) => (n < 1e6 ? `${Math.ceil(n / 1e3)} kB` : `${(n / 1e6).toFixed(1)} MB`);

const make = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const choice = (text, checked) => {
  const label = make("label", "choice");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = checked;
  label.append(box, text);
  return {label, box};
};

export function render({model, el}) {
  const root = make("div", "downloads");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Download");
  const matching = choice("Current filter", true);
  const shown = choice("Visible columns", false);
  const redact = choice("Hide folder paths and GPS positions", false);
  const told = make("span", "told");
  told.setAttribute("role", "status");
  const problem = make("div", "problem");
  problem.setAttribute("role", "alert");
  root.append(make("span", "label", "Download as"));
  const buttons = new Map();
  let parts = [], length = 0;
  for (const [format, name] of Object.entries(model.formats)) {
    const button = make("button", "", name);
    button.type = "button";
    button.onclick = () => {
      for (const one of buttons.values()) one.disabled = true;
      parts = [];
      length = 0;
      told.textContent = "Preparing\u2026";
      model.send_msg({
        format,
        matching: matching.box.checked,
        shown: shown.box.checked,
        redact: redact.box.checked,
      });
    };
    buttons.set(format, button);
    root.append(button);
  }
  if (model.can_match) root.append(matching.label);
  if (model.can_choose) root.append(shown.label);
  root.append(redact.label, told, problem);
  el.append(root);

  const end = () => {
    parts = [];
    told.textContent = "";
    for (const one of buttons.values()) one.disabled = false;
  };
  const draw = () => {
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
  };
  model.on("msg:custom", (event) => {
    const answer = event.data ?? event;
    if (answer.content == null) {
      if (answer.name != null) save(parts, answer.name);
      end();
      return;
    }
    const piece = bytes(answer.content);
    parts.push(new Blob([piece]));
    length += piece.length;
    told.textContent = `${size(length)} so far\u2026`;
    model.send_msg({more: answer.number});
  });
  model.on("problem", draw);
  draw();
}
