// Counted in frames, not seconds: a slow machine draws late, and few of them.
const PATIENCE_FRAMES = 120;
const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

const pageAround = (view) => {
  for (let at = view; at; at = at.parent) if (at.model.class_name === "Page") return at.model.data;
  return null;
};

// A choice is kept for this browser; without one the page is as the system is, also when that changes.
export function render({model, el, view}) {
  el.style.display = "none";
  const page = pageAround(view);
  if (!page) return;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const word = (dark) => (dark ? "dark" : "light");
  const chosen = () => {
    try { return localStorage.getItem(model.cookie); } catch { return null; }
  };
  const wanted = () => {
    const choice = chosen();
    return choice === "dark" || (choice !== "light" && system.matches);
  };
  const tell = () => {
    document.cookie = `${model.cookie}=${word(page.dark_theme)}; path=/; max-age=31536000; SameSite=Lax`;
  };
  const isDark = () => parseInt(getComputedStyle(document.body).backgroundColor.slice(4), 10) < 128;
  const settle = async () => {
    // The page listens to its own theme only once it has been drawn.
    await twoFrames();
    if (page.dark_theme !== wanted()) page.dark_theme = wanted();
    tell();
    for (let frame = 0; isDark() !== page.dark_theme && frame < PATIENCE_FRAMES; frame += 2) await twoFrames();
    document.documentElement.dataset.themeKnown = "";
  };
  const changed = () => {
    if (page.dark_theme !== wanted()) {
      // Somebody pressed the button.
      try { localStorage.setItem(model.cookie, word(page.dark_theme)); } catch { /* as long as the page is open */ }
    }
    tell();
  };
  page.properties.dark_theme.change.connect(changed);
  system.addEventListener("change", settle);
  model.on("remove", () => {
    page.properties.dark_theme.change.disconnect(changed);
    system.removeEventListener("change", settle);
  });
  settle();
}
