// Puts offers, sources, pictures, links to pages and blocks into the text. What needs a choice asks in a dialog, by letters
// typed, arrows and Enter. Without this script the same is typed: “How to write” says how.
import { field, replace } from "./caret.js";
import { addTools } from "./tools.js";

const PAUSE = 150; // milliseconds

// A block stands by itself, with an empty line before and after. What `sample` says is selected, to be typed over.
function putBlock(text, sample = "") {
  const { value, selectionEnd } = field;
  const next = value.indexOf("\n", selectionEnd);
  const at = next < 0 ? value.length : next;
  const before = value.slice(0, at).trimEnd();
  const after = value.slice(at).trimStart();
  const lead = before ? "\n\n" : "";
  const start = lead.length + (sample ? text.indexOf(sample) : text.length);
  replace(before.length, value.length - after.length, `${lead}${text}\n${after ? "\n" : ""}`, start, start + sample.length);
}

function aside(name) {
  const words = field.value.slice(field.selectionStart, field.selectionEnd).trim();
  const body = words || (name === "exercise" ? "1. The first step." : "Words.");
  const opening = name === "quote" ? ":::quote" : `:::${name} Heading`;
  if (words) replace(field.selectionStart, field.selectionEnd, "");
  putBlock(`${opening}\n${body}\n:::`, name === "quote" ? body : "Heading");
}

function putSource({ value }) {
  replace(field.selectionEnd, field.selectionEnd, `[^${value}]`);
}

function putLink({ value, title }) {
  const { selectionStart: from, selectionEnd: to } = field;
  const words = field.value.slice(from, to) || title.replace(/[[\]\\]/g, "\\$&");
  replace(from, to, `[${words}](${value})`);
}

const ASKED = {
  source: { title: "Put in a source", label: "Author, year, title or key", put: putSource },
  page: { title: "Link to a page", label: "Words of its title", put: putLink },
  picture: { title: "Put in a picture", label: "What it shows, or its key", put: ({ value }) => putBlock(`:::picture ${value}`) },
  figure: { title: "Put in a figure", label: "What it explains", put: ({ value }) => putBlock(`:::figure ${value}`) },
  offer: { title: "Put in an offer", label: "Partner, heading or key", put: ({ value }) => putBlock(`:::offer ${value}`) },
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

let kind, timer, running, choices = [], at = 0;

function part(name, values) {
  return Object.assign(document.createElement(name), values);
}

function ask(wanted) {
  kind = wanted;
  title.textContent = ASKED[kind].title;
  label.textContent = ASKED[kind].label;
  words.value = "";
  show([], "");
  dialog.showModal();
  words.focus();
  find();
}

async function find() {
  running?.abort();
  const mine = (running = new AbortController());
  try {
    const response = await fetch(`${dialog.dataset.at}?${new URLSearchParams({ kind, q: words.value })}`, {
      signal: mine.signal,
      redirect: "error",
    });
    if (!response.ok) throw new Error(response.status);
    const found = (await response.json()).choices;
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
  ASKED[kind].put(choices[index]);
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

if (field) {
  dialog.dataset.at = document.querySelector("[data-lookup]")?.dataset.lookup;
  document.body.append(dialog);
  addTools("Put in", [
    { words: "Source", title: "A source, as a number that leads to it", press: () => ask("source") },
    { words: "Link to a page", title: "A link to a page of ours", press: () => ask("page") },
    { words: "Picture", title: "A picture from the desk", press: () => ask("picture") },
    { words: "Figure", title: "A drawing that explains", press: () => ask("figure") },
    { words: "Note", title: "An aside with a heading", press: () => aside("note") },
    { words: "Exercise", title: "Something to try, in steps", press: () => aside("exercise") },
    { words: "Quote", title: "A sentence of the text, set large", press: () => aside("quote") },
    { words: "Quiz card", title: "The line that leads to the quiz", press: () => putBlock(":::quiz") },
    { words: "Guide", title: "The line that leads to the guide", press: () => putBlock(":::guide") },
    { words: "Offer", title: "A partner’s offer with its label", press: () => ask("offer") },
  ]);
}
