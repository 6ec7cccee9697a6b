// Adds up the points again while they are typed. Without this script the sums are those of what was saved.
const form = document.querySelector("[data-points]");
const questions = [...form.querySelectorAll("[data-question]")];

function points(question, name) {
  return [...question.querySelectorAll(`input[name$="-${name}"]`)].map((input) => Number(input.value));
}

function show(kind, sum) {
  form.querySelectorAll(`[data-${kind}]`).forEach((cell) => {
    const each = questions.map((question) => points(question, cell.dataset[kind]));
    cell.textContent = each.reduce((total, found) => total + sum(found), 0);
  });
}

form.addEventListener("input", () => {
  show("offer", (found) => found.reduce((total, one) => total + one, 0));
  show("most", (found) => Math.max(0, ...found));
});
