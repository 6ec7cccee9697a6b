// Turns a page's HTML, as it comes from the clipboard of Word, Google Docs or a browser, into our markdown. What our markdown has
// no sign for becomes plain words; what it makes is read by the same renderer, with the same rules, as what is typed.
const HIDDEN = "script, style, meta, link, title, head, template, noscript, svg, math, button, select, input, textarea, iframe, object, [hidden]";
const BLOCK = /^(?:address|article|aside|blockquote|body|center|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)$/;
const LEVELS = { H1: "##", H2: "##", H3: "###", H4: "####", H5: "####", H6: "####" };
const BULLET = /^(?:[·•▪◦§o‣⁃–-]|\u{f0b7}|\u{f0a7})$/u;
const NUMBER = /^\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]$/i;
const DEEPEST = 200; // elements within each other

export function markdown(html, host = "") {
  const page = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  page.querySelectorAll(HIDDEN).forEach((one) => one.remove());
  const context = { host, depth: 0 };
  return tidy(blocks(page.body, context).join("\n\n"));
}

// Our policy lets no style of an attribute be read, and complains of each: they are attributes of another name here.
function withoutStyles(html) {
  const plainTags = (tag) => tag.replace(/\sstyle\s*=/gi, " data-look=").replace(/\son[a-z]+\s*=/gi, " data-on=");
  return html.replace(/<style\b[\s\S]*?<\/style>/gi, "").replace(/<!--[\s\S]*?-->/g, "").replace(/<[a-z][^>]*>/gi, plainTags);
}

function look(element, name) {
  const found = new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*([^;]+)`, "i").exec(element.getAttribute("data-look") ?? "");
  return found ? found[1].trim().toLowerCase() : "";
}

function tidy(text) {
  return text.replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

function isBlock(node) {
  return node.nodeType === 1 && BLOCK.test(node.localName);
}

function holdsBlocks(element) {
  return [...element.children].some((one) => isBlock(one) || holdsBlocks(one));
}

// The paragraphs, headings, lists and tables within an element, each as a text of its own.
function blocks(parent, context) {
  if (context.depth > DEEPEST) return [escape(plain(parent.textContent))].filter(Boolean);
  const inner = { ...context, depth: context.depth + 1 };
  const found = [];
  let run = [];
  const end = () => {
    const text = inline(run, inner);
    if (text) found.push(text);
    run = [];
  };
  for (const node of parent.childNodes) {
    if (isBlock(node) || (node.nodeType === 1 && holdsBlocks(node))) {
      end();
      found.push(...block(node, inner));
    } else if (node.localName === "br" && isBreak(run, node)) end();
    else run.push(node);
  }
  end();
  return joinPoints(found);
}

// Two line breaks one after the other part paragraphs, as mails write them.
function isBreak(run, node) {
  let next = node.nextSibling;
  while (next?.nodeType === 3 && !next.data.trim()) next = next.nextSibling;
  return !run.length || next?.localName === "br" || run.at(-1)?.localName === "br";
}

// Word writes each point of a list as a paragraph: those that follow each other are one list.
function joinPoints(found) {
  const results = [];
  for (const text of found) {
    const isPoint = text.isPoint === true;
    if (isPoint && results.at(-1)?.isPoint) results.at(-1).text += `\n${text.text}`;
    else results.push(isPoint ? { ...text } : { text: text.text ?? text });
  }
  return results.map(({ text }) => text).filter(Boolean);
}

function block(element, context) {
  const name = element.localName;
  if (name === "hr") return [];
  if (name === "pre") return [escape(plain(element.textContent))].filter(Boolean).map((text) => text.split("\n").join("\n\n"));
  if (name === "table") return table(element, context);
  if (name === "ul" || name === "ol") return [list(element, context, "")].filter(Boolean);
  if (name === "blockquote") return quote(blocks(element, context));
  const level = LEVELS[element.tagName] ?? wordHeading(element);
  if (level) return [inline([...element.childNodes], context, { isHeading: true })].filter(Boolean).map((text) => `${level} ${text.replace(/\n/g, " ")}`);
  const point = wordPoint(element, context);
  if (point) return [point];
  if (name === "p" && !holdsBlocks(element)) return [inline([...element.childNodes], context)].filter(Boolean);
  return blocks(element, context);
}

function quote(found) {
  if (!found.length) return [];
  return [found.join("\n\n").split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")];
}

// Word's titles and headings are paragraphs of a class where they aren't h1 to h6.
function wordHeading(element) {
  const named = /\bMso(Title|Heading(\d))\b/.exec(element.className);
  const level = named?.[2] ?? (look(element, "mso-outline-level") || element.getAttribute("aria-level"));
  const isHeading = named || look(element, "mso-outline-level") || element.getAttribute("role") === "heading";
  if (!isHeading) return "";
  return { 1: "##", 2: "##", 3: "###" }[level ?? 1] ?? "####";
}

// A point of Word's lists: a paragraph that begins with its sign and spaces.
function wordPoint(element, context) {
  const level = /level(\d)/.exec(look(element, "mso-list"));
  if (!level && !/MsoListParagraph|MsoListBullet|MsoListNumber/.test(element.className)) return null;
  const copy = element.cloneNode(true);
  const marker = [...copy.querySelectorAll("span")].find((one) => look(one, "mso-list") === "ignore");
  let sign = plain(marker?.textContent ?? "").trim();
  marker?.remove();
  let text = inline([...copy.childNodes], context);
  const typed = /^\\?([·•▪◦§o‣⁃-]|\d{1,3}[.)])\s+/u.exec(text);
  if (!sign && typed) {
    sign = typed[1];
    text = text.slice(typed[0].length);
  }
  if (!sign && !level) return null;
  const depth = Math.min(Number(level?.[1] ?? 1), 6) - 1;
  return { isPoint: true, text: `${"   ".repeat(depth)}${sign && !BULLET.test(sign) && NUMBER.test(sign) ? "1." : "-"} ${text.replace(/\n+/g, " ")}` };
}

function list(element, context, indent) {
  const lines = [];
  let number = Number(element.getAttribute("start")) || 1;
  for (const child of element.children) {
    if (child.localName === "ul" || child.localName === "ol") {
      lines.push(list(child, context, `${indent}   `)); // Google's lists within lists stand beside their point
      continue;
    }
    const sign = element.localName === "ol" ? `${number}.` : "-";
    number += 1;
    const inner = [...child.children].filter((one) => one.matches("ul, ol"));
    inner.forEach((one) => one.remove());
    const text = blocks(child, context).map((one) => one.replace(/\n+/g, " ")).join(" ");
    if (text) lines.push(`${indent}${sign} ${checkbox(child)}${text}`);
    lines.push(...inner.map((one) => list(one, context, indent + " ".repeat(sign.length + 1))));
  }
  return lines.filter(Boolean).join("\n");
}

function checkbox(item) {
  const state = item.getAttribute("aria-checked");
  return state === "true" ? "✓ " : "";
}

// A table of one column, or one within another, is layout: its cells are paragraphs.
function table(element, context) {
  const rows = [...element.rows].map((row) => [...row.cells]);
  const width = Math.max(0, ...rows.map((row) => row.length));
  const isLayout = width < 2 || element.querySelector("table") || element.getAttribute("role") === "presentation";
  if (isLayout) return rows.flat().flatMap((cell) => blocks(cell, context));
  const lines = rows.map((row) => row.map((cell) => blocks(cell, context).join(" ").replace(/\n+/g, " ").replace(/\|/g, "\\|")));
  const filled = lines.filter((row) => row.some(Boolean)).map((row) => [...row, ...Array(width - row.length).fill("")]);
  if (!filled.length) return [];
  const [head, ...rest] = filled.map((row) => `| ${row.join(" | ")} |`);
  return [[head, `|${" --- |".repeat(width)}`, ...rest].join("\n")];
}

// Words with their marks. Each node's text is gathered with what it is set in; neighbours that are set alike are one.
function inline(nodes, context, { isHeading = false } = {}) {
  const pieces = [];
  for (const node of nodes) gather(node, { isBold: false, isItalic: false, href: "" }, pieces, context);
  const joined = [];
  for (const piece of pieces) {
    const mine = isHeading ? { ...piece, isBold: false } : piece;
    const last = joined.at(-1);
    const isAlike = last && ["isBold", "isItalic", "href"].every((name) => last[name] === mine[name]);
    if (isAlike || (last && !mine.text.trim() && !mine.href)) last.text += mine.text;
    else joined.push({ ...mine });
  }
  return joined.map(marked).join("").replace(/ *\n */g, "\n").replace(/[ \t]{2,}/g, " ").trim().split("\n").map(guardLine).join("\n");
}

function gather(node, set, pieces, context, depth = 0) {
  if (node.nodeType === 3) pieces.push({ ...set, text: plain(node.data).replace(/\s+/g, " ") });
  else if (node.localName === "br") pieces.push({ ...set, text: "\n" });
  else if (node.nodeType === 1 && depth < DEEPEST) {
    const inner = { ...set, ...looks(node, set), ...leads(node, set, context) };
    for (const child of node.childNodes) gather(child, inner, pieces, context, depth + 1);
    if (isBlock(node)) pieces.push({ ...set, text: " " });
  }
}

function looks(element, set) {
  const [fontWeight, fontStyle] = [look(element, "font-weight"), look(element, "font-style")];
  const weight = { bold: 700, bolder: 700, normal: 400 }[fontWeight] ?? Number(fontWeight || NaN);
  const isBold = weight ? weight >= 600 : set.isBold || /^(?:b|strong)$/.test(element.localName);
  const isItalic = fontStyle ? /italic|oblique/.test(fontStyle) : set.isItalic || /^(?:i|em|cite|dfn)$/.test(element.localName);
  return { isBold, isItalic };
}

function leads(element, set, { host }) {
  if (element.localName !== "a") return {};
  return { href: target(element.getAttribute("href") ?? "", host) || set.href };
}

// An address that readers may be led to; empty for places in the page itself, files and scripts.
function target(href, host) {
  let address;
  try {
    address = new URL(href.trim());
  } catch {
    return /^\/(?!\/)[^\s]*$/.test(href) ? href : "";
  }
  if (/(^|\.)google\.[a-z.]+$/.test(address.hostname) && address.pathname === "/url") return target(address.searchParams.get("q") ?? address.searchParams.get("url") ?? "", host);
  if (!/^(?:https?|mailto|tel):$/.test(address.protocol)) return "";
  if (host && address.host === host) return address.pathname + address.hash;
  return address.href.replace(/[()\s]/g, encodeURIComponent).replace(/\(/g, "%28").replace(/\)/g, "%29");
}

function marked({ text, isBold, isItalic, href }) {
  const [, lead, words, end] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text);
  if (!words) return text;
  const sign = (isBold ? "**" : "") + (isItalic ? "*" : "");
  const inner = escape(words);
  const set = sign ? inner.split("\n").map((line) => (line.trim() ? `${sign}${line.trim()}${sign}` : line)).join("\n") : inner;
  return lead + (href ? `[${set.replace(/\n/g, " ")}](${href})` : set) + end;
}

// Other programs' spaces and signs that nobody sees.
export function plain(text) {
  return text
    .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, " ")
    .replace(/[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/\r\n?/g, "\n");
}

function escape(text) {
  return text.replace(/[\\`*[\]<>]/g, "\\$&").replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_").replace(/~~/g, "\\~~");
}

// Words that would begin a heading, a list, a quotation or a block, and are none.
function guardLine(line) {
  return line.replace(/^(#{1,6}(?=\s|$)|[-+](?=\s)|:::|>|={2,}$|-{3,}$)/, "\\$1").replace(/^(\d{1,9})([.)])(?=\s)/, "$1\\$2");
}
