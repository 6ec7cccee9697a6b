// The text field of the writing page: changing its text so that the browser's own Undo takes it back, and finding places in it.
export const field = document.querySelector("textarea#id_body");

// Puts `text` in the place of what stands between two offsets, then selects a stretch counted from the first of them.
export function replace(from, to, text, start = text.length, end = start) {
  field.focus();
  field.setSelectionRange(from, to);
  const isDone = from === to && !text ? true : document.execCommand(text ? "insertText" : "delete", false, text);
  if (!isDone) {
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(from + start, from + end);
}

// The whole lines that the selection touches: where they begin and end, and what they say.
export function touchedLines() {
  const { value, selectionStart, selectionEnd } = field;
  const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", Math.max(selectionEnd - 1, selectionStart));
  const to = next < 0 ? value.length : next;
  return { from, to, lines: value.slice(from, to).split("\n") };
}

// Puts the cursor on a line, counted from 1, and brings it into sight.
export function goToLine(number) {
  const lines = field.value.split("\n");
  const from = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const at = Math.min(from, field.value.length);
  field.focus({ preventScroll: true });
  field.setSelectionRange(at, at + (lines[number - 1] ?? "").length);
  const { top } = placeOf(at);
  field.scrollTop = top - field.clientHeight / 3; // where the field scrolls by itself
  const inPage = field.getBoundingClientRect().top + scrollY + top - field.scrollTop;
  scrollTo({ top: inPage - innerHeight / 3, behavior: "instant" });
}

const SHAPE = ["font", "lineHeight", "letterSpacing", "padding", "border", "boxSizing", "tabSize"];

// Where an offset stands in the field, from its upper left corner, and how high a line is: measured in a copy of the text.
export function placeOf(at) {
  const copy = document.createElement("div");
  const style = getComputedStyle(field);
  copy.className = "dk-copy";
  for (const name of SHAPE) copy.style[name] = style[name];
  copy.style.width = `${field.offsetWidth}px`;
  copy.textContent = field.value.slice(0, at);
  const mark = document.createElement("span");
  mark.textContent = field.value.slice(at, at + 1).trim() || ".";
  copy.append(mark);
  field.after(copy);
  const place = { top: mark.offsetTop, left: mark.offsetLeft, line: parseFloat(style.lineHeight) || 24 };
  copy.remove();
  return place;
}
