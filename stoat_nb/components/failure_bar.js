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

  const draw = () => {
    const held = reasons.getRootNode().activeElement?.dataset?.key;
    const all = model.reasons.reduce((sum, one) => sum + one.count, 0);
    const offered = [{key: "", title: "All", count: all, meaning: ""}, ...model.reasons];
    reasons.replaceChildren();
    // A single reason needs no choice.
    for (const one of model.reasons.length > 1 ? offered : []) {
      const node = button(reasons, "reason", null, () => {
        // At once: what is retried is what was chosen last, however slow the way there is.
        model.chosen = one.key;
        model.send_msg({reason: one.key});
      });
      node.dataset.key = one.key;
      node.setAttribute("aria-pressed", String(one.key === model.chosen));
      make("span", node, null, one.title);
      make("span", node, "count", one.count.toLocaleString("en-GB"));
      if (held === one.key) node.focus();
    }
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
