// The form of a writing page: what is said of it, and whether it holds words that the site doesn't have.
export const bar = document.querySelector("[data-writing]");
export const form = bar?.closest("form");
const said = bar?.querySelector("[data-kept]");

// What the other scripts tell each other. `isChanged`: typed since the last time all of it was kept or saved. `keeping`: what stops
// the request that keeps them, if there is one.
export const words = { isChanged: false, hasFailed: false, isOver: false, isSaving: false, typedAt: 0, keeping: undefined };

export function note() {
  return form.querySelector("[data-note]");
}

export function say(text, { isBad = false } = {}) {
  said.textContent = text;
  bar.classList.toggle("dk-bar--failed", isBad);
}

export function clock() {
  return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

// How large a posted form is, or a little less.
export function bytes(posted) {
  const encoder = new TextEncoder();
  return [...posted].reduce((sum, [name, value]) => sum + 200 + name.length + encoder.encode(String(value).replace(/\n/g, "\r\n")).length, 0);
}

form?.addEventListener("input", (event) => {
  if (event.target.closest("[data-not-kept]")) return;
  words.isChanged = true;
  words.typedAt = Date.now();
});

// A field of one line that wraps: Enter goes on to the next.
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && "line" in event.target.dataset && !event.isComposing) event.preventDefault();
});
