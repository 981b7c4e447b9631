const files = (count) => `${count.toLocaleString("en-GB")} ${count === 1 ? "file" : "files"}`;

export function render({model, el}) {
  const root = make("div", el, "bar");
  const reasons = make("div", root, "reasons");
  reasons.setAttribute("role", "group");
  reasons.setAttribute("aria-label", "Reasons");
  const retry = button(root, "retry", null, () => { if (!model.busy) model.send_msg({retry: model.chosen}); });
  const meaning = make("p", el, "meaning");
  const problem = make("p", el, "problem");
  problem.setAttribute("role", "alert");
  const drawReasons = kept(reasons, (key) => {
    const node = button(null, "reason", null, () => {
      // At once: what is retried is what was chosen last, however slow the way there is.
      model.chosen = key;
      model.send_msg({reason: key});
    });
    make("span", node);
    make("span", node, "count");
    return node;
  });

  const draw = () => {
    const all = model.reasons.reduce((sum, one) => sum + one.count, 0);
    const offered = [{key: "", label: "all", title: "All", count: all, meaning: ""}, ...model.reasons];
    // A single reason needs no choice.
    drawReasons(model.reasons.length > 1 ? offered : [], (node, {key, title, count}) => {
      node.setAttribute("aria-pressed", String(key === model.chosen));
      node.firstChild.textContent = title;
      node.lastChild.textContent = count.toLocaleString("en-GB");
    });
    const chosen = offered.find((one) => one.key === model.chosen) ?? offered[0];
    meaning.textContent = model.reasons.length === 1 ? model.reasons[0].meaning : chosen.meaning;
    meaning.hidden = meaning.textContent === "";
    root.hidden = all === 0;
    retry.textContent = model.busy ? "Reading once more\u2026" : `Retry ${files(chosen.count)}`;
    // Not disabled: the focus would be lost of whoever pressed it by key.
    retry.setAttribute("aria-disabled", String(model.busy));
    problem.textContent = model.problem;
    problem.hidden = model.problem === "";
  };
  model.on(["reasons", "chosen", "busy", "problem"], draw);
  draw();
}
