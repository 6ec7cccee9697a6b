// Refreshes the preview a moment after typing stops, by pressing the same button that works without this script, and brings
// into sight what is being written. The page before stays until the new one is there.
import { field } from "./caret.js";

const button = document.querySelector("[data-preview]");
const stage = document.querySelector("[data-stage]");
const said = document.querySelector("[data-preview-said]");
const form = button?.form;
const PAUSE = 600; // milliseconds
const OLD = "The site doesn’t answer. This is how it was before.";
let shown = stage?.querySelector("iframe");
let coming, timer;
let number = 0;

function refresh() {
  clearTimeout(timer);
  coming?.remove();
  coming = shown.cloneNode(); // a new frame leaves no trace in the browser's history
  coming.name = `preview-${(number += 1)}`; // of its own: a frame answers to its first name even after it has another
  coming.classList.add("is-coming");
  stage.append(coming);
  const mine = coming;
  mine.addEventListener("load", () => arrive(mine));
  button.formTarget = mine.name;
  form.requestSubmit(button);
}

function arrive(frame) {
  const page = frame.contentDocument;
  if (frame !== coming || page?.URL === "about:blank") return;
  coming = undefined;
  said.textContent = page?.querySelector("main") ? "" : OLD;
  if (said.textContent) return frame.remove();
  const top = shown.contentWindow?.scrollY ?? 0;
  frame.classList.remove("is-coming");
  shown.remove();
  shown = frame;
  shown.name = "preview";
  scrollTo(top);
  follow();
}

function scrollTo(top) {
  shown.contentWindow.scrollTo({ top, behavior: "instant" });
}

// The headings of a text, as offsets: those with “#”, in quotations too, and not within code.
function headings(text) {
  const found = [];
  let offset = 0, isCode = false;
  for (const line of text.split("\n")) {
    if (/^\s{0,3}(```|~~~)/.test(line)) isCode = !isCode;
    else if (!isCode && /^(\s{0,3}> ?)*\s{0,3}#{1,6}(\s|$)/.test(line)) found.push(offset);
    offset += line.length + 1;
  }
  return found;
}

// Scrolls to where the cursor is: between two headings as far as it is between them in the text. What is in sight stays.
function follow() {
  const page = shown.contentDocument;
  const text = page?.querySelector(".prose");
  if (document.activeElement !== field || !text) return;
  const at = field.selectionEnd;
  const found = headings(field.value);
  const section = found.filter((offset) => offset <= at).length;
  const from = section ? found[section - 1] : 0;
  const to = found[section] ?? field.value.length;
  const tops = [...text.querySelectorAll(":is(h2, h3, h4)[id]")].map((heading) => heading.getBoundingClientRect().top);
  const edges = [text.getBoundingClientRect().top, ...tops, text.getBoundingClientRect().bottom];
  const top = edges[Math.min(section, edges.length - 2)];
  const bottom = edges[Math.min(section + 1, edges.length - 1)];
  const place = top + ((bottom - top) * (at - from)) / Math.max(1, to - from);
  const height = shown.clientHeight;
  if (place < 0 || place > height * 0.9) scrollTo(shown.contentWindow.scrollY + place - height / 4);
}

function makePhoneButton() {
  const phone = document.createElement("button");
  phone.type = "button";
  phone.className = "dk-button dk-button--small dk-phone";
  phone.textContent = "Phone width";
  phone.setAttribute("aria-pressed", "false");
  phone.addEventListener("click", () => {
    const isPhone = stage.classList.toggle("desk-stage--phone");
    phone.setAttribute("aria-pressed", String(isPhone));
  });
  button.after(phone);
}

if (form && stage) {
  makePhoneButton();
  button.addEventListener("click", (event) => {
    event.preventDefault();
    refresh();
  });
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  });
  for (const name of ["keyup", "pointerup", "focus"]) field?.addEventListener(name, follow);
  if (field?.value) refresh();
}
