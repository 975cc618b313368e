// What links alone cannot: the theme, focus that follows a citation, and the way back with Escape.
(() => {
  "use strict";
  const root = document.documentElement;
  const sources = document.getElementById("sources");
  const button = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  let theme = "auto";
  let origin = null;
  let returning = null;

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

  // Focus what a link led to; after Escape the citation that one came from.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const fold = target.closest("details");
    if (fold) fold.open = true;
    let place = sources.contains(target) ? target.closest("li, section") ?? sources : target;
    if (returning) [place, returning] = [returning, null];
    if (!place.matches("a, [tabindex]")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    if (!sources.contains(link)) origin = link;
    if (link.hash === location.hash) setTimeout(arrive);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !origin || !sources.contains(document.activeElement)) return;
    returning = origin;
    location.hash = origin.closest("[id]").id;
  });
  addEventListener("hashchange", arrive);
  arrive();
})();
