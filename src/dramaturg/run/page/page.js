// What links alone cannot: focus that follows a citation, and the way back with Escape.
(() => {
  "use strict";
  const sources = document.getElementById("sources");
  let origin = null;
  let returning = null;

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
