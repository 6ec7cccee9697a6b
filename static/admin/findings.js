// Looks through the text a moment after typing stops, and leads from a finding to its line. Without this script there is “Check”.
import { goToLine } from "./caret.js";

const place = document.querySelector("[data-findings-at]");
const check = document.querySelector("[data-check]");
const size = document.querySelector("[data-size]");
const form = check?.form;
const PAUSE = 600; // milliseconds
const said = document.createElement("p"); // tells a screen reader, and only when the number changes
let timer, running;

async function refresh() {
  running?.abort();
  const mine = (running = new AbortController());
  const posted = new FormData(form);
  posted.set("part", "1");
  try {
    const response = await fetch(place.dataset.findingsAt, { method: "POST", body: posted, signal: mine.signal, redirect: "error" });
    if (!response.ok) throw new Error(response.status);
    const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".findings");
    if (mine === running && found) show(found);
  } catch (error) {
    if (error.name !== "AbortError" && mine === running) place.classList.add("desk-findings--old");
  }
}

function show(found) {
  const before = place.querySelector("h2")?.textContent;
  place.classList.remove("desk-findings--old");
  place.replaceChildren(document.adoptNode(found));
  const now = lead(found);
  if (before && before !== now) said.textContent = now;
}

// Makes a button of each finding that has a line; returns what the heading says.
function lead(found) {
  if (size && found.dataset.words) size.textContent = found.dataset.words;
  for (const item of found.querySelectorAll("[data-line]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "findings__line";
    button.append(...[...item.childNodes].filter((node) => node.nodeName !== "DETAILS"));
    button.addEventListener("click", () => goToLine(Number(item.dataset.line)));
    item.prepend(button);
  }
  return found.querySelector("h2").textContent;
}

if (place && form) {
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  place.after(said);
  check.hidden = true;
  const found = place.querySelector(".findings");
  if (found) lead(found);
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  });
  if (location.search.includes("draft") || form.querySelector(".errornote")) refresh(); // what is shown isn't what is saved
}
