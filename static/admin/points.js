// Adds up the points again while they are typed, and draws each sum. Without this script the sums are those of what was saved.
const form = document.querySelector("[data-points]");
const questions = [...form.querySelectorAll("[data-question]")];
const TICK = 270, FURTHEST = 298, SHORTEST = 140; // of a drawing 300 wide, as quiz/admin/views.py draws it

function points(question, name) {
  return [...question.querySelectorAll(`input[name$="-${name}"]`)].map((input) => Number(input.value));
}

function sum(name, of) {
  return questions.reduce((total, question) => total + of(points(question, name)), 0);
}

function most(sums) {
  const times = (one) => sums.filter((other) => other === one).length;
  return sums.reduce((best, one) => (times(one) > times(best) || (times(one) === times(best) && one > best) ? one : best));
}

function said(more) {
  return more ? `in reach, ${Math.abs(more)} too ${more > 0 ? "many" : "few"}` : "in reach";
}

function show() {
  const totals = [...form.querySelectorAll("[data-total]")];
  const reached = totals.map((total) => sum(total.dataset.total, (found) => Math.max(0, ...found)));
  const common = most(reached);
  totals.forEach((total, index) => {
    const line = total.querySelector("[data-line]");
    const end = Math.floor((TICK * reached[index]) / (common || 1));
    line.setAttribute("d", `${line.dataset.line}H${Math.min(Math.max(end, SHORTEST), FURTHEST)}`);
    total.querySelector("[data-most]").textContent = reached[index];
    total.querySelector("[data-said]").textContent = said(reached[index] - common);
    total.querySelector("[data-offered]").textContent = sum(total.dataset.total, (found) => found.reduce((all, one) => all + one, 0));
  });
}

form.addEventListener("change", show);
