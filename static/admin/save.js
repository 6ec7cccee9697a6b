// Saves without leaving the page: caret and place stay, and words that can't be saved stay where they are. Without this script
// the same form is posted and the page comes back.
import * as outbox from "./outbox.js";
import { load, replaceParts } from "./parts.js";
import { bar, bytes, clock, form, note, say, words } from "./writing_form.js";

const RETRY = 10_000; // milliseconds, after the site didn't answer
const DEADLINE = 60_000; // milliseconds for a save
const NO_ANSWER = "Not saved: the site doesn’t answer. Your words are kept in this browser; it tries again.";
const LOGGED_OUT = "Not saved: your login has run out. Your words are kept. Log in in another tab, then save again.";
let isComingBack = false;
let next, retry;

async function save(submitter) {
  clearTimeout(retry);
  if (words.isSaving) {
    next = submitter; // what was typed since is saved as soon as this is done
    return;
  }
  words.isSaving = true;
  words.keeping?.abort(); // the save takes them along, and nothing else is said beside it
  say("Saving …");
  const posted = new FormData(form, button(submitter));
  const before = snapshot();
  words.isChanged = false;
  try {
    const answer = await send(posted);
    if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) await arrive(await answer.json(), submitter, before);
    else await refuse(answer, before);
  } catch {
    fail(NO_ANSWER, posted);
    retry = setTimeout(() => save(submitter), RETRY);
  } finally {
    words.isSaving = false;
    if (next && !words.isOver) save(next);
    next = undefined;
  }
}

// The parts of the page are made anew with each save: a button that was pressed may be gone.
function button(submitter) {
  return submitter.isConnected ? submitter : bar.querySelector("[data-save]");
}

function send(posted) {
  return fetch(location.href, { method: "POST", body: posted, headers: { "X-Desk-Save": "1" }, signal: AbortSignal.timeout(DEADLINE) });
}

function fail(text, posted = new FormData(form)) {
  words.isChanged = words.hasFailed = true;
  outbox.put(bar.dataset.keep, posted);
  say(text, { isBad: true });
}

// It is saved. Whoever goes elsewhere is led there; whoever stays has the fields as they are saved now.
async function arrive({ to }, submitter, before) {
  outbox.remove();
  words.hasFailed = false;
  const hasFiles = [...form.querySelectorAll("input[type=file]")].some((field) => field.files.length);
  if (submitter.name === "_save" || submitter.name === "_addanother" || hasFiles) {
    words.isOver = true;
    location.assign(to);
    return;
  }
  history.replaceState(null, "", to);
  const page = await load(to);
  if (!take(page, before)) return next ? post(next) : comeBack();
  showMessages(page);
  say(`Saved ${clock()}`);
}

// A page with other fields than this one, as after publishing, is opened anew, at the same place. Who saves once more before it
// is there has the form posted as without this script: the answer to that is the new page.
const PLACE = "desk-place";

function post(submitter) {
  isComingBack = words.isOver = true;
  form.requestSubmit(button(submitter));
}

function comeBack() {
  const { id, selectionStart: from, selectionEnd: to } = document.activeElement ?? {};
  const open = [...form.querySelectorAll("details[open][id]")].map((part) => part.id);
  const place = { path: location.pathname, id, from, to, open, top: scrollY, said: `Saved ${clock()}` };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
  isComingBack = true;
  words.isOver = !words.isChanged; // what was typed meanwhile is kept as the page goes, and offered
  location.reload();
}

function findPlace() {
  const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
  sessionStorage.removeItem(PLACE);
  if (place.path !== location.pathname) return;
  for (const id of place.open) document.getElementById(id)?.setAttribute("open", "");
  const field = place.id ? document.getElementById(place.id) : null;
  field?.focus({ preventScroll: true });
  if (field && typeof place.from === "number") field.setSelectionRange(place.from, place.to);
  scrollTo({ top: place.top, behavior: "instant" });
  say(place.said);
}

// What the site says beside “saved”: what was taken over from others, or what could not be done.
function showMessages(page) {
  document.querySelectorAll(".messagelist").forEach((one) => one.remove());
  const list = page.querySelector(".messagelist");
  list?.querySelectorAll(".success").forEach((one) => one.remove());
  if (list?.children.length) form.querySelector("[data-refresh=notes]").prepend(document.adoptNode(list));
}

// It isn't saved; the words stay. A login that was renewed in another tab has another token: that is taken, and saved again.
async function refuse(answer, before) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 409) return leaveFor();
  if (answer.status === 413) return fail(page.querySelector("[data-too-large]")?.textContent ?? "Not saved: too large.");
  if (page.querySelector("input[type=password]")) return fail(LOGGED_OUT);
  const renewed = page.querySelector("form[id$=_form] [name=csrfmiddlewaretoken]");
  if (answer.redirected && renewed) {
    form.querySelector("[name=csrfmiddlewaretoken]").value = renewed.value;
    return fail("Not saved: your login was renewed in another tab. Your words are kept: save again.");
  }
  if (!answer.ok) return fail(`Not saved: the site can’t at the moment (${answer.status}). Your words are kept; try again in a while.`);
  take(page, before);
  showErrors(page);
  words.isChanged = true;
}

// Where two wrote, a page of its own asks: it is the answer to the form as it is posted without this script.
function leaveFor() {
  words.isOver = true;
  form.submit();
}

function snapshot() {
  return new Map([...form.elements].filter((one) => one.name).map((one) => [one.name, valueOf(one)]));
}

function valueOf(field) {
  return field.type === "checkbox" || field.type === "radio" ? String(field.checked) : field.value;
}

// Takes over what the page of the site has: its note, what is shown beside the fields, and fields whose words it changed (by
// typing marks, or by what others saved). What was typed meanwhile stays. Says whether the rows of the page are the same.
function take(page, before) {
  const theirs = page.querySelector("[data-note]")?.closest("form");
  if (!theirs) return false;
  note().value = theirs.querySelector("[data-note]").value;
  bar.dataset.last = theirs.querySelector("[data-writing]").dataset.last;
  const here = document.activeElement ?? form;
  const { top } = here.getBoundingClientRect();
  replaceParts(page);
  scrollBy({ top: here.getBoundingClientRect().top - top, behavior: "instant" });
  const isSame = names(theirs) === names(form);
  for (const field of form.elements) {
    const other = field.name && field.type !== "file" && theirs.elements.namedItem(field.name);
    if (!other?.name || field === note() || valueOf(field) !== before.get(field.name)) continue;
    if (field.localName === "select" && field.innerHTML !== other.innerHTML) field.replaceChildren(...other.cloneNode(true).childNodes);
    if (field.type === "checkbox") field.checked = other.checked;
    else if (field.type !== "radio" && field.value !== other.value) put(field, other.value);
  }
  return isSame;
}

// The names of a form's fields, rows of inlines among them.
function names(one) {
  return [...one.elements].filter(({ name, type }) => name && type !== "submit" && type !== "button").map(({ name }) => name).join();
}

// The caret stays where it was: as far from the end, when what changed stands before it.
function put(field, value) {
  const isHere = field === document.activeElement && "selectionStart" in field && field.selectionStart !== null;
  const [at, before, top] = isHere ? [field.selectionStart, field.value, field.scrollTop] : [];
  field.value = value;
  if (!isHere) return;
  const isAhead = value.slice(0, at) === before.slice(0, at);
  const place = isAhead ? at : Math.max(0, value.length - (before.length - at));
  field.setSelectionRange(place, place);
  field.scrollTop = top;
}

function showErrors(page) {
  form.querySelectorAll(".errorlist, .errornote").forEach((one) => one.remove());
  form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  let first;
  for (const list of page.querySelectorAll(".errorlist")) {
    const row = list.closest(".form-row, td, tr");
    const id = row?.querySelector(":is(input, textarea, select)[id]:not([type=hidden])")?.id;
    const field = id && document.getElementById(id);
    const place = field?.closest(".form-row, td, tr");
    if (place) {
      place.prepend(document.adoptNode(list));
      field.setAttribute("aria-invalid", "true");
      if (list.id) field.setAttribute("aria-describedby", [list.id, `${id}_helptext`].join(" "));
      field.closest("details")?.setAttribute("open", "");
      first ??= field;
    } else {
      form.querySelector("[data-refresh=notes]").prepend(document.adoptNode(list));
    }
  }
  say(`Not saved: ${page.querySelector(".errornote")?.textContent.trim() ?? "look at what is marked."}`, { isBad: true });
  (first ?? form.querySelector(".errorlist"))?.scrollIntoView({ block: "center" });
  first?.focus({ preventScroll: true });
}

// A window that was opened to add one thing closes by itself when that is saved: its form is posted as it is.
if (form && !form.querySelector("[name=_popup]")) {
  findPlace();
  form.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (!submitter || submitter.formTarget || event.defaultPrevented) return;
    if (isComingBack) return void (words.isOver = true);
    event.preventDefault();
    if (bytes(new FormData(form)) > 12 * 1024 * 1024) return fail("Not saved: this is more than the site takes at once.");
    save(submitter);
  });
  document.addEventListener("submit", (event) => {
    if (event.submitter && "forget" in event.submitter.dataset) words.isOver = true; // who throws words away doesn't want them back
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit(bar.querySelector("[data-save]"));
  });
  window.addEventListener("online", () => retry && form.requestSubmit(bar.querySelector("[data-save]")));
}
