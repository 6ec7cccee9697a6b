// The list that opens in the text: “/” for blocks, “@” for pages, sources, pictures and offers. It opens at a line's start or
// after a space; typing goes on filtering, arrows choose, Enter takes, Escape leaves the sign as it is.
import { ASKED, BLOCKS, lookUp } from "./blocks.js";
import { field, placeOf } from "./caret.js";

const PAUSE = 120; // milliseconds
const LONGEST = 40; // characters after the sign
const NAMES = { page: "Page", source: "Source", picture: "Picture", offer: "Offer" };
const list = document.createElement("ul");
let from = -1; // where the sign stands; -1 while the list is closed
let sign, timer, running, options = [], at = 0;

function query() {
  return field.value.slice(from + 1, field.selectionEnd);
}

function isOpen() {
  return from >= 0;
}

function typed(event) {
  const { value, selectionStart: caret, selectionEnd } = field;
  if (!isOpen()) {
    const [before, last] = [value[caret - 2] ?? "\n", value[caret - 1]];
    if (event.inputType !== "insertText" || !"/@".includes(event.data || " ") || last !== event.data || !/\s/.test(before)) return;
    [from, sign] = [caret - 1, event.data];
  }
  const words = query();
  if (caret !== selectionEnd || caret <= from || value[from] !== sign || words.includes("\n") || words.length > LONGEST) return close();
  if (sign === "/") {
    if (/^\s|\s\S/.test(words)) return close();
    show(BLOCKS.filter(({ words: name }) => name.toLowerCase().includes(words.trim().toLowerCase())).map(ofBlock));
  } else {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }
}

function ofBlock({ words, title, press }) {
  return { name: words, detail: title, take: press };
}

function ofChoice(choice) {
  const take = (cut) => ASKED[choice.kind].put(choice, cut);
  return { name: choice.title, detail: `${NAMES[choice.kind]}. ${choice.detail}`, take };
}

async function ask() {
  running?.abort();
  const mine = (running = new AbortController());
  try {
    const found = await lookUp("all", query(), mine.signal);
    if (mine === running && isOpen()) show(found.map(ofChoice));
  } catch (error) {
    if (error.name !== "AbortError" && mine === running) close();
  }
}

function show(found) {
  options = found;
  if (!found.length) {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
    if (sign === "/") close();
    return;
  }
  list.replaceChildren(...found.map(item));
  if (list.hidden) place();
  list.hidden = false;
  field.setAttribute("aria-controls", list.id);
  choose(0);
}

function item({ name, detail }, index) {
  const option = document.createElement("li");
  option.id = `slash-${index}`;
  option.setAttribute("role", "option");
  const [title, more] = [document.createElement("strong"), document.createElement("span")];
  [title.textContent, more.textContent] = [name, detail];
  option.append(title, more);
  option.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the text keeps the focus
    take(index);
  });
  return option;
}

function choose(index) {
  at = (index + options.length) % options.length;
  [...list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
  field.setAttribute("aria-activedescendant", `slash-${at}`);
  list.children[at].scrollIntoView({ block: "nearest" });
}

function take(index) {
  const cut = [from, field.selectionEnd];
  const { take: press } = options[index];
  close();
  press(cut);
}

function close() {
  clearTimeout(timer);
  running?.abort();
  from = -1;
  options = [];
  list.hidden = true;
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
}

function place() {
  const { top, left, line } = placeOf(from);
  list.style.insetBlockStart = `${field.offsetTop + top + line - field.scrollTop}px`;
  list.style.insetInlineStart = `${Math.max(0, Math.min(left, field.offsetWidth - 320))}px`;
}

if (field) {
  list.id = "slash";
  list.className = "dk-slash";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Put in");
  field.parentElement.classList.add("dk-body");
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");
  field.addEventListener("input", typed);
  field.addEventListener("blur", close);
  // Before the text's own keys: Enter takes a choice, and doesn't go on with a list.
  field.addEventListener(
    "keydown",
    (event) => {
      if (!isOpen() || list.hidden || event.isComposing) return;
      const press = {
        ArrowDown: () => choose(at + 1),
        ArrowUp: () => choose(at - 1),
        Enter: () => take(at),
        Tab: () => take(at),
        Escape: close,
      }[event.key];
      if (!press || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      press();
    },
    { capture: true },
  );
}
