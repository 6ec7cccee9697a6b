// The quiz, one question at a time. Without this script the same form works as one page with all its questions.
const title = document.querySelector("[data-title]");
const intro = document.querySelector("[data-intro]");
const form = document.querySelector("[data-quiz]");
const progress = form.querySelector("progress");
const questions = [...form.querySelectorAll("[data-question]")].filter((question) => !question.closest("[data-kept]"));
const back = form.querySelector("[data-back]");
const next = form.querySelector("[data-next]");
const pause = document.querySelector("[data-pausing]");
const goOn = pause.querySelector("[data-return]");
const last = questions.length - 1;
const words = { title: document.title, end: next.textContent };
let at = -1; // the question on show; -1 is the page before the first
let sent = false;

function show(step) {
  at = step;
  title.classList.toggle("visually-hidden", at >= 0);
  intro.hidden = at >= 0;
  form.hidden = at < 0;
  pause.hidden = true;
  questions.forEach((question, index) => {
    question.hidden = index !== at;
  });
  progress.value = at + 1;
  next.textContent = at < last ? "Continue" : words.end;
  const number = questions[at]?.querySelector("[data-number]").textContent;
  document.title = number ? `${number} · ${words.title}` : words.title;
}

// Moving on puts the new heading in focus, so that it is read out and the keyboard goes on from there.
function go(step) {
  show(step);
  window.scrollTo(0, 0);
  (questions[at]?.querySelector("h2") ?? title).focus({ preventScroll: true });
}

document.querySelector("[data-start]").addEventListener("click", (event) => {
  event.preventDefault();
  go(0);
});
back.addEventListener("click", () => go(at - 1));
form.addEventListener("submit", (event) => {
  if (at < last) {
    event.preventDefault();
    go(at + 1);
  } else {
    sent = true;
  }
});

// A pause takes the question's place and gives it back.
form.querySelectorAll("[data-pause]").forEach((link) => {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    form.hidden = true;
    pause.hidden = false;
    window.scrollTo(0, 0);
    pause.focus({ preventScroll: true });
  });
});
goOn.addEventListener("click", () => go(at));

// Once the answers are on their way, this page forgets them: going back from the result, or from where the reader fled to,
// shows no ticks. ("Change my answers" on the result brings them back.)
window.addEventListener("pagehide", () => {
  if (!sent) return;
  sent = false;
  form.querySelectorAll(":checked").forEach((radio) => {
    radio.checked = false;
  });
  show(-1);
});

pause.classList.add("pause--scripted");
pause.querySelector("[data-returns]").hidden = true;
progress.hidden = back.hidden = goOn.hidden = false;
show(-1);
