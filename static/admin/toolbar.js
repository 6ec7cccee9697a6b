// Buttons and keys for markdown: bold, italic, links, headings, lists, quotations; Enter goes on with a list. Tab is left alone.
import { field, replace, touchedLines } from "./caret.js";
import { addTools } from "./tools.js";

const isMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const MARKER = /^(\s*)(?:[-*+]|\d{1,9}[.)])\s+/;
// A line of a quotation or list: the quotation's signs, then a point's indent, its sign and the space after it.
const ITEM = /^((?:\s{0,3}> ?)*)(?:(\s*)([-*+]|(\d{1,9})([.)]))(\s+))?/;

// Sets a mark around the selection, or takes it away: “*” for italic, “**” for bold.
function mark(sign) {
  const size = sign.length;
  const { value } = field;
  let { selectionStart: from, selectionEnd: to } = field;
  while (from < to && /\s/.test(value[from])) from += 1;
  while (to > from && /\s/.test(value[to - 1])) to -= 1;
  const words = value.slice(from, to);
  const around = Math.min(value.slice(0, from).match(/\**$/)[0].length, value.slice(to).match(/^\**/)[0].length);
  if (size === 1 ? around % 2 : around > 1) replace(from - size, to + size, words, 0, words.length);
  else replace(from, to, sign + words + sign, size, size + words.length);
}

function link() {
  const { selectionStart: from, selectionEnd: to, value } = field;
  const words = value.slice(from, to);
  if (/^(https:\/\/|\/)\S+$/.test(words)) replace(from, to, `[](${words})`, 1);
  else if (words) replace(from, to, `[${words}](https://)`, words.length + 3, words.length + 11);
  else replace(from, to, "[](https://)", 1);
}

// Changes every line that the selection touches, and keeps them selected; a lone cursor stays at the line's end.
function eachLine(change) {
  const { from, to, lines } = touchedLines();
  const isCaret = field.selectionStart === field.selectionEnd;
  const text = change(lines).join("\n");
  replace(from, to, text, isCaret ? text.length : 0, text.length);
}

function heading() {
  eachLine(([line, ...rest]) => {
    const [signs, words] = [line.match(/^#*/)[0].length, line.replace(/^#*\s*/, "")];
    return [signs === 0 ? `## ${words}` : signs < 3 ? `### ${words}` : words, ...rest];
  });
}

function list(sign) {
  eachLine((lines) => {
    const points = lines.filter((line) => line.trim() || lines.length === 1);
    const isThere = points.every((line) => MARKER.test(line) && sign(1).length === MARKER.exec(line)[0].trim().length);
    let number = 0;
    return lines.map((line) => {
      if (!points.includes(line)) return line;
      const words = line.replace(MARKER, "$1");
      return isThere ? words : `${sign((number += 1))} ${words}`;
    });
  });
}

function quotation() {
  eachLine((lines) => {
    const isThere = lines.every((line) => line.startsWith(">"));
    return lines.map((line) => (isThere ? line.replace(/^> ?/, "") : `> ${line}`));
  });
}

// Begins the next point of a list or line of a quotation; says whether it did. On an empty one it ends them.
function goOn() {
  const { selectionStart: at, selectionEnd: end, value } = field;
  const from = value.lastIndexOf("\n", at - 1) + 1;
  const next = value.indexOf("\n", at);
  const line = value.slice(from, next < 0 ? value.length : next);
  const [all, quote, indent = "", sign, number, dot, space = ""] = ITEM.exec(line);
  if (at !== end || !all.trim() || at < from + all.length) return false;
  if (!line.slice(all.length).trim()) replace(from, from + line.length, sign ? quote : "");
  else replace(at, at, `\n${quote}${sign ? indent + (number ? Number(number) + 1 + dot : sign) + space : ""}`);
  return true;
}

const KEYS = { b: () => mark("**"), i: () => mark("*"), k: link };

function tool(words, press, { key, title = words, name } = {}) {
  const shown = isMac ? `⌘${key?.toUpperCase()}` : `Ctrl+${key?.toUpperCase()}`;
  const keys = key && `${isMac ? "Meta" : "Control"}+${key.toUpperCase()}`;
  return { words, press, name, keys, title: key ? `${title} (${shown})` : title };
}

if (field) {
  addTools("Looks of the text", [
    tool("Bold", KEYS.b, { key: "b", name: "bold" }),
    tool("Italic", KEYS.i, { key: "i", name: "italic" }),
    tool("Link", KEYS.k, { key: "k" }),
    tool("Heading", heading, { title: "Heading; again for a smaller one, again for none" }),
    tool("List", () => list(() => "-")),
    tool("Numbered list", () => list((number) => `${number}.`)),
    tool("Quotation", quotation),
  ]);

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.shiftKey) return;
    const isCommand = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const press = isCommand ? KEYS[event.key.toLowerCase()] : undefined;
    if (press) press();
    else if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !goOn()) return;
    event.preventDefault();
  });
}
