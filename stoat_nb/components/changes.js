export function render({model, el}) {
  const root = make("div", el, "changes");
  const form = make("div", root, "scans");
  const pick = (side, text) => {
    const label = make("label", form);
    make("span", label, null, text);
    const select = make("select", label);
    select.onchange = () => model.send_msg({[side]: Number(select.value)});
    return select;
  };
  const before = pick("before", "From the scan of");
  const after = pick("after", "to the scan of");
  const kinds = make("div", root, "kinds");
  kinds.setAttribute("role", "group");
  kinds.setAttribute("aria-label", "Kinds of change");
  const more = make("p", root, "more");
  more.setAttribute("role", "status");

  let listed = null;
  const fill = (select, value) => {
    if (listed !== model.scans) select.replaceChildren(...model.scans.map((scan) => new Option(scan.label, scan.id)));
    select.value = value;
  };
  const drawKinds = kept(kinds, (name) => {
    const one = button(null, "kind", null, () => model.send_msg({kind: name === model.kind ? "" : name}));
    make("span", one, "count");
    make("span", one, "word");
    return one;
  });
  const draw = () => {
    form.hidden = model.scans.length < 2;
    fill(before, model.before);
    fill(after, model.after);
    listed = model.scans;
    drawKinds(model.kinds.map((kind) => ({key: kind.name, ...kind})), (one, {name, count, number, label}) => {
      one.setAttribute("aria-pressed", String(name === model.kind));
      one.disabled = count === 0;
      one.firstChild.textContent = number;
      one.lastChild.textContent = label;
    });
    more.textContent = model.more;
    more.hidden = model.more === "";
  };
  model.on(["scans", "before", "after", "kinds", "kind", "more"], draw);
  draw();
}
