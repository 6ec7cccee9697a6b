// The bar of buttons above the text field: one stop for Tab, arrow keys within.
import { field } from "./caret.js";

let bar;

// Adds a group of buttons, each { words, title, keys, press } with an optional name for its looks.
export function addTools(label, tools) {
  bar ??= makeBar();
  const group = document.createElement("div");
  group.className = "tools__group";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", label);
  group.append(...tools.map(makeButton));
  bar.append(group);
  stopAt(bar.querySelector("button"));
}

function makeBar() {
  const made = document.createElement("div");
  made.className = "tools";
  made.setAttribute("role", "toolbar");
  made.setAttribute("aria-label", "Text");
  made.setAttribute("aria-controls", field.id);
  field.before(made);
  made.addEventListener("keydown", move);
  made.addEventListener("focusin", (event) => stopAt(event.target));
  return made;
}

function makeButton({ words, title, keys, name, press }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `tools__button tools__button--${name ?? "plain"}`;
  button.textContent = words;
  if (title) button.title = title;
  if (keys) button.setAttribute("aria-keyshortcuts", keys);
  button.addEventListener("click", press);
  return button;
}

function move(event) {
  const buttons = [...bar.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  buttons.at(next % buttons.length).focus();
}

// Tab comes to the button that was used last.
function stopAt(stop) {
  for (const button of bar.querySelectorAll("button")) button.tabIndex = button === stop ? 0 : -1;
}
