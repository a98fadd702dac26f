"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const find = (name) => document.getElementById(name);
  const tools = document.querySelector(".tools"), search = find("search"), verdict = find("verdict");
  const rows = all("table.numbers tbody tr");
  const text = new Map();
  const open = new Map(all("details").map((each) => [each, each.open]));

  function words(row) {
    if (!text.has(row)) {
      const panel = row.closest(".panel");
      text.set(row, `${row.textContent} ${panel.querySelector("h3, h4").textContent}`.toLowerCase());
    }
    return text.get(row);
  }

  function filter() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean), kind = verdict.value;
    const filtering = wanted.length > 0 || kind !== "";
    let n = 0;
    for (const row of rows) {
      const fits = (!kind || row.dataset.v === kind) && wanted.every((w) => words(row).includes(w));
      row.hidden = filtering && !fits;
      n += fits;
    }
    for (const each of all("details.all")) {
      const some = all("tbody tr", each).some((row) => !row.hidden);
      each.hidden = filtering && !some;
      each.open = filtering ? some : open.get(each);
    }
    for (const panel of all(".panel"))
      panel.hidden = filtering && !all("details.all", panel).some((each) => !each.hidden);
    find("found").textContent = filtering
      ? `${n.toLocaleString("en")} of ${rows.length.toLocaleString("en")} numbers` : "";
  }

  function sort(button) {
    const head = button.parentElement, table = head.closest("table"), body = table.tBodies[0];
    const column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
    for (const other of all("th", table.tHead)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => {
      const cell = row.cells[column];
      const number = Number(cell.dataset.n ?? cell.textContent.replaceAll("−", "-"));
      return Number.isNaN(number) ? cell.textContent : number;
    };
    const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true });
    const sorted = [...body.rows].sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1));
    body.append(...sorted);
  }

  function reveal() {
    const target = find(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) clear();
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    target.scrollIntoView();
  }

  function clear() { search.value = ""; verdict.value = ""; filter(); }

  for (const head of all("table.numbers thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(button));
    head.append(button);
  }
  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  find("clear").addEventListener("click", clear);
  addEventListener("hashchange", reveal);
  tools.hidden = false;
  if (location.hash) reveal();
})();
