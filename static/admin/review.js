// Fills in the words that a note is about from what is marked in the text. Without this script they are copied by hand.
const page = document.querySelector("[data-reviewed]");
const form = document.querySelector("[data-new-note]");

document.addEventListener("selectionchange", () => {
  const chosen = document.getSelection();
  if (!form || chosen.isCollapsed || !page.contains(chosen.anchorNode) || !page.contains(chosen.focusNode)) {
    return;
  }
  const field = form.elements.quote;
  field.value = chosen.toString().replace(/\s+/g, " ").trim().slice(0, field.maxLength);
});
