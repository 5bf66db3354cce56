"use strict";
// Filters findings, changes, cells and what was supplied by the words typed; the
// heat-map shows what is left of the cells.
const field = document.getElementById("filter"), shown = document.getElementById("shown");
const entries = [...document.querySelectorAll(".entry")].map((e) => {
  const route = e.closest("article");
  return { e, text: (e.textContent + " " + (route && route !== e ? route.querySelector("h3").textContent : "")).toLowerCase() };
});
const rules = [...document.querySelectorAll("#findings article")].map((e) => ({ e, cases: [...e.querySelectorAll(".entry")] }));
const routes = [...document.querySelectorAll("#cells article")].map((e) => ({ e, cells: [...e.querySelectorAll(".entry")] }));
const rows = [...document.querySelectorAll(".heat tbody tr")];
const marks = [...document.querySelectorAll(".heat td a")].map((a) => ({ a, cell: document.getElementById(a.hash.slice(1)) }));
function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const { e, text } of entries) {
    e.hidden = !words.every((w) => text.includes(w));
    if (!e.hidden) n++;
  }
  for (const { e, cases } of rules) e.hidden = cases.every((c) => c.hidden);
  routes.forEach(({ e, cells }, i) => {
    e.hidden = rows[i].hidden = cells.every((c) => c.hidden);
  });
  for (const { a, cell } of marks) a.classList.toggle("off", cell.hidden);
  shown.value = words.length ? n + " of " + entries.length : "";
}
function clear() {
  field.value = "";
  filter();
}
field.addEventListener("input", filter);
field.form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
  if (event.key === "Escape" && document.activeElement === field) {
    clear();
    field.blur();
  }
});
// A link to what is filtered out ends the filter.
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.closest("[hidden]")) {
    clear();
    target.scrollIntoView();
  }
});
filter();
