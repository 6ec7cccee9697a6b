// Pastes what comes from other programs as our markdown, a picture as an upload, an address over words as a link. “Paste without
// formatting” (Ctrl+Shift+V) is the browser's own.
import { field, replace } from "./caret.js";
import { markdown, plain } from "./html_to_markdown.js";
import { isPicture, upload } from "./upload.js";

const ADDRESS = /^(?:https?:\/\/|mailto:|\/(?!\/))\S+$/;
const CODE = /<(?:pre|code)\b|vscode|monospace/i; // programs for code put markdown there as HTML in colours

function pasted(event) {
  const { clipboardData: data } = event;
  const [text, html] = [data.getData("text/plain"), data.getData("text/html")];
  const picture = [...data.files].find(isPicture);
  const result = asLink(text.trim()) ?? asMarkdown(text, html);
  if (result) {
    event.preventDefault();
    replace(field.selectionStart, field.selectionEnd, result);
  } else if (picture) {
    event.preventDefault();
    upload(picture, field.selectionStart, field.selectionEnd);
  }
}

function asLink(text) {
  const { selectionStart: from, selectionEnd: to, value } = field;
  const words = value.slice(from, to);
  if (!words.trim() || words.includes("\n") || !ADDRESS.test(text) || ADDRESS.test(words.trim())) return null;
  return `[${words.replace(/[[\]\\]/g, "\\$&")}](${text.replace(/\(/g, "%28").replace(/\)/g, "%29")})`;
}

function asMarkdown(text, html) {
  if (!html || (text.trim() && isWritten(text, html))) return text && plain(text) !== text ? points(plain(text)) : null;
  return markdown(html, location.host) || null;
}

// Whether the plain text is markdown already, or code, so that its HTML is only its colours.
function isWritten(text, html) {
  const isMarked = /^(?:#{2,4} |:::|> |[-*] |\d+\. )|\]\((?:https?:|\/)|\*\*\S|\[\^/m.test(text);
  const isStructured = /<(?:h[1-6]|ul|ol|li|table|blockquote|strong|em|b|i|a)\b/i.test(html);
  return isMarked && (!isStructured || CODE.test(html));
}

// Bullets of other programs at the beginning of lines.
function points(text) {
  return text.replace(/^[ \t]*[·•▪◦‣⁃][ \t]+/gm, "- ");
}

if (field) {
  field.addEventListener("paste", pasted);
  field.addEventListener("dragover", (event) => {
    if ([...event.dataTransfer.items].some(({ kind, type }) => kind === "file" && type.startsWith("image/"))) event.preventDefault();
  });
  field.addEventListener("drop", (event) => {
    const picture = [...event.dataTransfer.files].find(isPicture);
    if (!picture) return;
    event.preventDefault();
    field.focus();
    upload(picture, field.selectionStart, field.selectionEnd);
  });
}
