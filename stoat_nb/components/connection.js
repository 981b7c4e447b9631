// A page whose server is gone says so, pretends nothing, and is loaded again once the server answers.
const SAID = "Connection to Stoat lost. If its server still runs, a scan goes on. Reconnecting\u2026";
// Milliseconds between two looks for the server; after as many as that, a page may try at once again.
const EVERY = 1000, MOST = 8000, SETTLED = 15000;

const answers = async () => {
  try {
    // A proxy answers in place of a server that is gone.
    return (await fetch(location.href, {method: "HEAD", cache: "no-store"})).status < 500;
  } catch { return false; }
};

const banner = () => {
  const node = document.createElement("div");
  node.setAttribute("role", "alert");
  node.textContent = SAID;
  Object.assign(node.style, {
    position: "fixed", inset: "0 0 auto 0", zIndex: 10000, padding: "10px 24px", textAlign: "center",
    font: "500 14px/1.5 Roboto, system-ui, sans-serif", background: "#ffd479", color: "#2b2100",
  });
  return node;
};

export function render({el, view}) {
  el.style.display = "none";
  const began = performance.now();
  const again = async (wait) => {
    if (await answers()) location.reload();
    else setTimeout(() => again(Math.min(2 * wait, MOST)), wait);
  };
  view.model.document.on_event("connection_lost", () => {
    if ("connectionLost" in document.documentElement.dataset) return;
    document.documentElement.dataset.connectionLost = "";
    document.body.inert = true;
    document.body.style.opacity = "0.6";
    document.documentElement.append(banner());
    // A server that takes no page for long is not asked for one all the time.
    setTimeout(() => again(EVERY), performance.now() - began < SETTLED ? MOST / 2 : EVERY / 2);
  });
}
