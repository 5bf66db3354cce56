"use strict";
// Filters findings, changes, cells and what was supplied by the words typed.
const field = document.getElementById("filter"), shown = document.getElementById("shown");
const entries = [...document.querySelectorAll(".entry")].map((e) => {
  const route = e.closest("article");
  return { e, text: (e.textContent + " " + (route && route !== e ? route.querySelector("h3").textContent : "")).toLowerCase() };
});
function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const { e, text } of entries) {
    e.hidden = !words.every((w) => text.includes(w));
    if (!e.hidden) n++;
  }
  shown.value = words.length ? n + " of " + entries.length : "";
}
field.addEventListener("input", filter);
field.form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
  if (event.key === "Escape" && document.activeElement === field) {
    field.value = "";
    filter();
    field.blur();
  }
});
filter();
