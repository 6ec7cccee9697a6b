// Refreshes the preview a moment after typing stops, by pressing the same button that works without this script.
const button = document.querySelector("[data-preview]");
const form = button?.form;
const PAUSE = 600; // milliseconds
let timer;

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(button), PAUSE);
});
