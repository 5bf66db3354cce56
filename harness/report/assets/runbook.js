"use strict";
// Filters the sections by what is typed, and keeps the search in the address:
// #q=WORDS is a search, #FAMILY/NAME a scenario.
(() => {
  const box = document.getElementById("q");
  const found = document.getElementById("found");
  const nothing = document.getElementById("nothing");
  const articles = [...document.querySelectorAll("article")];
  const rows = [...document.querySelectorAll("#verdicts tbody tr")];
  const entries = [...document.querySelectorAll("nav li[data-for]")];
  const text = new Map([...articles, ...rows].map((e) => [e, (e.id + " " + e.textContent).toLowerCase()]));

  function filter() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (e) => words.every((w) => text.get(e).includes(w));
    let shown = 0;
    for (const a of articles) {
      a.hidden = !holds(a);
      if (!a.hidden) shown++;
    }
    for (const r of rows) r.hidden = !holds(r);
    for (const e of entries) e.hidden = document.getElementById(e.dataset.for).hidden;
    for (const f of document.querySelectorAll(".family")) f.hidden = !f.querySelector("article:not([hidden])");
    for (const l of document.querySelectorAll("nav details > ul > li:has(li)")) l.hidden = !l.querySelector("li:not([hidden])");
    const verdicts = document.getElementById("verdicts");
    if (verdicts) verdicts.hidden = rows.every((r) => r.hidden);
    nothing.hidden = shown > 0 || rows.some((r) => !r.hidden);
    found.textContent = words.length ? shown + " of " + articles.length : "";
  }

  function search(value) {
    box.value = value;
    filter();
  }

  // open follows the address: a link to something that the search hides ends
  // the search.
  function open() {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (hash.startsWith("q=")) {
      search(hash.slice(2));
      return;
    }
    const target = document.getElementById(hash);
    if (!target) return;
    if (target.closest("[hidden]")) search("");
    target.scrollIntoView();
    if (target.tabIndex >= -1 && target.matches("article")) target.focus({preventScroll: true});
    for (const a of document.querySelectorAll("nav a")) a.classList.toggle("here", a.hash === location.hash);
  }

  box.addEventListener("input", () => {
    filter();
    const hash = box.value ? "#q=" + encodeURIComponent(box.value) : "#";
    history.replaceState(null, "", hash);
  });
  document.getElementById("search").addEventListener("submit", (e) => {
    e.preventDefault();
    const first = articles.find((a) => !a.hidden);
    if (first) first.querySelector("h3 a").focus();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== box && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      box.focus();
      box.select();
    } else if (e.key === "Escape" && box.value) {
      search("");
      history.replaceState(null, "", "#");
    }
  });
  window.addEventListener("hashchange", open);
  const contents = document.querySelector("nav details");
  if (matchMedia("(max-width: 62rem)").matches) contents.open = false;
  window.addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("details")) d.open = true;
  });
  open();
})();
