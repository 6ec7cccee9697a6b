// What can be put into the text: offers, sources, pictures, links to pages and blocks. What needs a choice asks in a dialog, by
// letters typed, arrows and Enter.
import { field, replace } from "./caret.js";

const PAUSE = 150; // milliseconds

// A block stands by itself, with an empty line before and after, in the place of what `cut` encloses. What `sample` says is
// selected, to be typed over. It is one change, and one Undo.
function putBlock(text, sample = "", cut = [field.selectionEnd, field.selectionEnd]) {
  const { value } = field;
  const next = value.indexOf("\n", cut[1]);
  const end = next < 0 ? value.length : next;
  const before = (value.slice(0, cut[0]) + value.slice(cut[1], end)).trimEnd();
  const after = value.slice(end).trimStart();
  const from = Math.min(cut[0], before.length);
  const lead = before ? "\n\n" : "";
  const kept = before.slice(from) + lead;
  const start = kept.length + (sample ? text.indexOf(sample) : text.length);
  replace(from, value.length - after.length, `${kept}${text}\n${after ? "\n" : ""}`, start, start + sample.length);
}

function aside(name, cut = [field.selectionStart, field.selectionEnd]) {
  const words = field.value.slice(field.selectionStart, field.selectionEnd).trim();
  const body = words || (name === "exercise" ? "1. The first step." : "Words.");
  const opening = name === "quote" ? ":::quote" : `:::${name} Heading`;
  putBlock(`${opening}\n${body}\n:::`, name === "quote" ? body : "Heading", cut);
}

function putSource({ value }, [from, to] = [field.selectionEnd, field.selectionEnd]) {
  replace(from, to, `[^${value}]`);
}

function putLink({ value, title }, cut) {
  const [from, to] = cut ?? [field.selectionStart, field.selectionEnd];
  const words = (cut ? "" : field.value.slice(from, to)) || title.replace(/[[\]\\]/g, "\\$&");
  replace(from, to, `[${words}](${value})`);
}

export const ASKED = {
  source: { title: "Put in a source", label: "Author, year, title or key", put: putSource },
  page: { title: "Link to a page", label: "Words of its title", put: putLink },
  picture: { title: "Put in a picture", label: "What it shows, or its key", put: ({ value }, cut) => putBlock(`:::picture ${value}`, "", cut) },
  figure: { title: "Put in a figure", label: "What it explains", put: ({ value }, cut) => putBlock(`:::figure ${value}`, "", cut) },
  offer: { title: "Put in an offer", label: "Partner, heading or key", put: ({ value }, cut) => putBlock(`:::offer ${value}`, "", cut) },
};

const dialog = document.createElement("dialog");
dialog.className = "choose";
dialog.setAttribute("aria-labelledby", "choose-title");
const title = part("h2", { id: "choose-title" });
const label = part("label", { htmlFor: "choose-words" });
const words = part("input", { id: "choose-words", type: "text", autocomplete: "off", maxLength: 100 });
const said = part("p", { className: "choose__said" });
const list = part("ul", { id: "choose-list", className: "choose__list" });
const close = part("button", { type: "button", className: "button", textContent: "Close" });
words.setAttribute("role", "combobox");
words.setAttribute("aria-autocomplete", "list");
words.setAttribute("aria-controls", list.id);
said.setAttribute("role", "status");
list.setAttribute("role", "listbox");
list.setAttribute("aria-labelledby", title.id);
dialog.append(title, label, words, list, said, close);

let kind, cut, timer, running, choices = [], at = 0;

function part(name, values) {
  return Object.assign(document.createElement(name), values);
}

function ask(wanted, place) {
  kind = wanted;
  cut = place;
  title.textContent = ASKED[kind].title;
  label.textContent = ASKED[kind].label;
  words.value = "";
  show([], "");
  dialog.showModal();
  words.focus();
  find();
}

// Asks the site what there is of a kind (“all”: of every kind) that holds some words.
export async function lookUp(wanted, q, signal) {
  const address = document.querySelector("[data-lookup]").dataset.lookup;
  const response = await fetch(`${address}?${new URLSearchParams({ kind: wanted, q })}`, { signal, redirect: "error" });
  if (!response.ok) throw new Error(response.status);
  return (await response.json()).choices;
}

async function find() {
  running?.abort();
  const mine = (running = new AbortController());
  try {
    const found = await lookUp(kind, words.value, mine.signal);
    if (mine === running) show(found, found.length ? "" : "Nothing here has these words.");
  } catch (error) {
    if (error.name !== "AbortError" && mine === running) show([], "The list doesn’t answer. Try again in a moment.");
  }
}

function show(found, message) {
  choices = found;
  said.textContent = message;
  list.hidden = !found.length;
  list.replaceChildren(...found.map(option));
  words.setAttribute("aria-expanded", String(found.length > 0));
  choose(0);
}

function option(choice, index) {
  const item = part("li", { id: `choose-${index}`, className: "choose__option" });
  item.setAttribute("role", "option");
  if (choice.image) item.append(part("img", { src: choice.image, alt: "" }));
  const text = part("span", {});
  text.append(part("strong", { textContent: choice.title }), part("span", { textContent: choice.detail }));
  item.append(text);
  item.addEventListener("click", () => take(index));
  return item;
}

function choose(index) {
  at = choices.length ? (index + choices.length) % choices.length : 0;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
  if (choices.length) words.setAttribute("aria-activedescendant", `choose-${at}`);
  else words.removeAttribute("aria-activedescendant");
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function take(index) {
  dialog.close();
  ASKED[kind].put(choices[index], cut);
}

words.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, PAUSE);
});
words.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown") choose(at + 1);
  else if (event.key === "ArrowUp") choose(at - 1);
  else if (event.key === "Enter" && choices.length) take(at);
  else if (event.key !== "Enter") return;
  event.preventDefault();
});
close.addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  clearTimeout(timer);
  running?.abort();
});

// What the bar and the list at “/” put in. `press` is given what it takes the place of, where there is such.
const kinds = document.querySelector("[data-lookup]")?.dataset.kinds?.split(" ");
export const BLOCKS = [
  { words: "Source", title: "A source, as a number that leads to it", kind: "source", press: (place) => ask("source", place) },
  { words: "Link to a page", title: "A link to a page of ours", kind: "page", press: (place) => ask("page", place) },
  { words: "Picture", title: "A picture from the desk", kind: "picture", press: (place) => ask("picture", place) },
  { words: "Figure", title: "A drawing that explains", kind: "figure", press: (place) => ask("figure", place) },
  { words: "Note", title: "An aside with a heading", press: (place) => aside("note", place) },
  { words: "Exercise", title: "Something to try, in steps", press: (place) => aside("exercise", place) },
  { words: "Quote", title: "A sentence of the text, set large", press: (place) => aside("quote", place) },
  { words: "Quiz card", title: "The line that leads to the quiz", press: (place) => putBlock(":::quiz", "", place) },
  { words: "Guide", title: "The line that leads to the guide", press: (place) => putBlock(":::guide", "", place) },
  { words: "Offer", title: "A partner’s offer with its label", kind: "offer", press: (place) => ask("offer", place) },
].filter(({ kind: one }) => !one || !kinds || kinds.includes(one));

if (field) document.body.append(dialog);
