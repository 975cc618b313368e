// The theme: that of the system until the reader chooses another.
(() => {
  "use strict";
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  let theme = "auto";

  function show(chosen) {
    theme = themes.includes(chosen) ? chosen : "auto";
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  }

  function remembered() {
    try { return localStorage.getItem("dramaturg-theme"); } catch { return null; }
  }

  button.hidden = false;
  show(remembered());
  button.addEventListener("click", () => {
    show(themes[(themes.indexOf(theme) + 1) % themes.length]);
    try { localStorage.setItem("dramaturg-theme", theme); } catch { /* a page opened from a file may not keep it */ }
  });
})();
