// What opens: a case behind its row, lines behind a citation. What is listed: found, filtered and sorted.
(() => {
  "use strict";
  const by = (id) => document.getElementById(id);
  const report = by("report");
  const view = by("case");
  const drawer = by("sources");
  const table = document.querySelector(".matrix");
  const body = table?.tBodies[0];
  const unpacked = new Map();
  let origin = null;
  let opened = null;
  let place = 0;
  let asked = 0;

  async function unpack(name) {
    if (!unpacked.has(name)) {
      const bytes = Uint8Array.from(atob(by(name).textContent.trim()), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      unpacked.set(name, await new Response(stream).text());
    }
    return unpacked.get(name);
  }

  // The cases ------------------------------------------------------------------------------------------------
  const rows = body ? [...body.rows] : [];
  const shownRows = () => [...body.rows].filter((row) => !row.hidden);
  const cell = (row, at) => row.cells[at].dataset.value ?? "";

  function sort(head) {
    const at = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    const sign = down ? -1 : 1;
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compared = new Intl.Collator("en", { numeric: true });
    body.append(...[...body.rows].sort((one, other) => {
      const [first, last] = [Number(cell(one, at)), Number(cell(other, at))];
      const order = Number.isNaN(first) || Number.isNaN(last) ? compared.compare(cell(one, at), cell(other, at)) : first - last;
      return sign * order || rows.indexOf(one) - rows.indexOf(other);
    }));
  }

  function filter() {
    const words = by("find").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const state = document.querySelector(".state-filter[aria-pressed=true]").dataset.state;
    for (const row of rows) {
      const fits = !state || row.dataset.state === state || (state === "errors" && row.dataset.errors);
      const names = [...row.querySelectorAll("[data-value]")].slice(0, 3).map((each) => each.textContent);
      const said = [...names, row.querySelector(".parting")?.textContent].join(" ").toLocaleLowerCase();
      row.hidden = !fits || !words.every((word) => said.includes(word));
    }
    const count = shownRows().length;
    document.querySelector(".shown").textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
  }

  function prepare() {
    by("waiting").hidden = true;
    for (const tools of document.querySelectorAll("#report .tools")) tools.hidden = false;
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head));
      head.append(button);
    }
    by("find").addEventListener("input", filter);
    for (const button of document.querySelectorAll(".state-filter")) {
      button.addEventListener("click", () => {
        for (const other of document.querySelectorAll(".state-filter")) other.setAttribute("aria-pressed", other === button);
        filter();
      });
    }
    by("dull")?.addEventListener("click", (event) => {
      event.target.setAttribute("aria-pressed", !table.classList.toggle("terse"));
    });
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && !event.target.closest("a") && !String(getSelection())) row.querySelector(".open").click();
    });
    body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const row = event.target.closest("tr");
      if (!step || !row) return;
      const list = shownRows();
      list[list.indexOf(row) + step]?.querySelector(".open").focus();
      event.preventDefault();
    });
  }

  // A case ---------------------------------------------------------------------------------------------------
  async function openCase(number, wanted) {
    const turn = ++asked;
    const row = by(`row-${number}`);
    if (!opened) place = scrollY;
    opened = row;
    const told = JSON.parse(await unpack(`case-${number}`));
    const picked = Math.max(0, wanted ? told.repeats.findIndex((each) => each.number === wanted) : told.first);
    const pieces = await unpackedPieces(told.repeats[picked]);
    if (turn !== asked) return; // something else was opened meanwhile, or nothing
    head(row);
    pick(number, told.repeats, picked);
    show(told.repeats[picked], ...pieces);
    report.hidden = true;
    view.hidden = false;
    document.body.classList.add("opened");
    document.title = by("case-name").textContent;
    by("case-name").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function head(row) {
    const parts = (selector) => [...row.querySelector(selector)?.childNodes ?? []].map((each) => each.textContent.trim());
    const said = (selector) => parts(selector).filter(Boolean).join(", ");
    by("case-name").textContent = row.querySelector(".open").textContent;
    by("case-of").textContent = [...row.querySelectorAll("td:not([class])")].map((each) => each.textContent).join(" · ");
    by("case-said").textContent = [said(".state-cell"), said(".parting")].filter(Boolean).join(": ");
    const list = shownRows();
    const at = list.indexOf(row);
    for (const [id, other] of [["previous", list[at - 1]], ["next", list[at + 1]]]) {
      by(id).hidden = !other;
      if (other) by(id).hash = other.querySelector(".open").hash;
    }
  }

  function pick(number, repeats, picked) {
    const group = view.querySelector(".repeats");
    group.hidden = repeats.length < 2;
    group.replaceChildren(...repeats.map((each, at) => {
      const link = document.createElement("a");
      link.href = `#case-${number}-${each.number}`;
      link.textContent = `repeat ${each.number} `;
      if (at === picked) link.setAttribute("aria-current", "true");
      for (const outcome of each.outcomes) {
        const mark = document.createElement("i");
        mark.className = outcome || "none";
        mark.title = outcome || "not performed";
        link.append(mark);
      }
      return link;
    }));
  }

  // Of a repeat the documents, and the sources they cite.
  async function unpackedPieces(repeat) {
    const holder = document.createElement("div");
    if (repeat.document) holder.innerHTML = await unpack(repeat.document); // escaped where it was made
    const shown = holder.querySelector(".documents");
    const numbers = shown?.dataset.sources.split(" ").filter(Boolean) ?? [];
    return [shown, (await Promise.all(numbers.map((number) => unpack(`source-${number}`)))).join("")];
  }

  function show(repeat, shown, sources) {
    closeDrawer();
    by("case-scores").innerHTML = repeat.html;
    by("case-body").replaceChildren(shown ?? "The documents of this repeat are left out: the page has no room for more.");
    by("source-body").innerHTML = sources;
    by("differing").hidden = !shown || shown.classList.contains("alone") || shown.dataset.differing === "0";
    by("differing-said").textContent = shown?.dataset.said ?? "";
    mark();
  }

  // Citations lead to lines, and lines back.
  const cited = (link) => link.hash.match(/^#A(\d+)-L(\d+)(?:-(\d+))?$/);

  function linesOf([, artifact, first, last]) {
    const lines = [];
    for (let line = Number(first); line <= Number(last ?? first); line += 1) lines.push(by(`A${artifact}-L${line}`));
    return lines.filter(Boolean);
  }

  function mark() {
    for (const line of drawer.querySelectorAll(".lines .cited")) line.classList.remove("cited");
    for (const link of by("case-body").querySelectorAll("a[href^='#A']")) {
      const found = cited(link);
      if (found) for (const line of linesOf(found)) line.classList.add("cited");
    }
  }

  function light(link) {
    const lines = linesOf(cited(link));
    if (!lines.length) return;
    origin = link;
    drawer.hidden = false;
    document.body.classList.add("sourced");
    for (const line of drawer.querySelectorAll(".lit")) line.classList.remove("lit");
    for (const line of lines) line.classList.add("lit");
    lines[0].tabIndex = -1;
    lines[0].focus({ preventScroll: true });
    lines[0].scrollIntoView({ block: "center" });
    const under = link.getBoundingClientRect().bottom - drawer.getBoundingClientRect().top + 24;
    if (under > 0) scrollBy(0, under);
  }

  function closeDrawer() {
    drawer.hidden = true;
    document.body.classList.remove("sourced");
  }

  function closeCase() {
    asked += 1;
    const row = opened;
    opened = null;
    closeDrawer();
    view.hidden = true;
    report.hidden = false;
    document.body.classList.remove("opened");
    document.title = title;
    if (row) {
      scrollTo(0, place);
      row.querySelector(".open").focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    }
  }

  const title = document.title;
  async function arrive() {
    const found = location.hash.match(/^#case-(\d+)(?:-(\d+))?$/);
    if (found && by(`row-${found[1]}`)) {
      await openCase(found[1], Number(found[2]));
      return;
    }
    const target = by(decodeURIComponent(location.hash.slice(1)));
    if (target && view.contains(target)) return;
    const back = Boolean(opened);
    closeCase();
    if (!target || (back && target.id === "cases")) return;
    const fold = target.closest("details");
    if (fold) fold.open = true;
    if (!target.matches("a, [tabindex]")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: target.matches("li") ? "center" : "start" });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    if (cited(link)) {
      event.preventDefault();
      light(link);
    } else if (/^#A\d+$/.test(link.hash)) {
      event.preventDefault();
      drawer.hidden = false;
      origin = link;
      by(link.hash.slice(1))?.scrollIntoView();
      drawer.focus();
    } else if (view.contains(by(link.hash.slice(1))) && view.contains(link)) {
      event.preventDefault();
      const target = by(link.hash.slice(1));
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "center" });
    } else if (link.hash === location.hash) setTimeout(arrive);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!drawer.hidden) {
      closeDrawer();
      origin?.focus();
    } else if (opened) location.hash = "#cases";
  });
  by("close")?.addEventListener("click", () => {
    closeDrawer();
    origin?.focus();
  });
  by("differing")?.addEventListener("click", (event) => {
    event.target.setAttribute("aria-pressed", view.classList.toggle("differing"));
  });
  addEventListener("hashchange", arrive);
  if (table) prepare();
  arrive();
})();
