// Password fields: a button that shows what is typed. Without this script the fields work as they are.
function addButton(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-password";
  button.textContent = "Show what is typed";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => show(input, button, input.type === "password"));
  // Hidden again before it is sent, so that no browser stores it as ordinary text.
  input.form?.addEventListener("submit", () => show(input, button, false));
  input.after(button);
}

function show(input, button, isShown) {
  input.type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", String(isShown));
}

for (const input of document.querySelectorAll("input[type=password]")) {
  input.spellcheck = false;
  input.autocapitalize = "none";
  addButton(input);
}
