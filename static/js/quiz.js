// The quiz, one question at a time; without this script, one page with all of them. Why so: decision 25.
const find = (name) => document.querySelector(`[data-${name}]`);
const [title, intro, form, head, step, back, next, pause, goOn] = ["title", "intro", "quiz", "head", "step", "back", "next", "pausing", "return"].map(find);
const questions = [...form.querySelectorAll("[data-question]")].filter((question) => !question.closest("[data-kept]"));
const keys = questions.map((question) => question.querySelector("h2").id);
const last = questions.length - 1;
const words = { title: document.title, end: next.textContent };
const address = location.href;
// The history's state marks the entries whose ticks may be shown: above 0 the questions', below 0 the one before them.
const id = Math.abs(history.state) || 1 + Math.floor(Math.random() * 1e9);
const memory = open();
let at = -1; // the question on show; -1 is the page before the first
let sent = false;

// Nothing where there is no shared worker, or where a browser that takes no cookies refuses it: then the form alone is kept.
function open() {
  try {
    return new SharedWorker(form.dataset.quiz, { extendedLifetime: true }).port;
  } catch {}
}

function show(place) {
  at = Math.min(place, last);
  const number = questions[at]?.querySelector("[data-number]").textContent;
  title.classList.toggle("visually-hidden", at >= 0);
  intro.hidden = at >= 0;
  form.hidden = at < 0;
  pause.hidden = true;
  questions.forEach((question, index) => (question.hidden = index !== at));
  find("progress").value = at + 1;
  find("count").textContent = `${at + 1} of ${last + 1}`;
  next.textContent = at < last ? "Continue" : words.end;
  document.title = number ? `${number} · ${words.title}` : words.title;
}

// Moving on puts the new heading in focus, so that it is read out and the keyboard goes on from there.
const focus = () => (questions[at]?.querySelector("h2") ?? title).focus({ preventScroll: true });

function go(place) {
  show(place);
  remember();
  scrollTo(0, 0);
  focus();
}

// The form of an entry with a mark is kept, and links open beside it.
function settle() {
  form.autocomplete = history.state ? "on" : "off";
  if (!history.state || document.querySelector("base")) return;
  document.head.append(Object.assign(document.createElement("base"), { target: "_blank" }));
}

function keep(mark) {
  history.replaceState(mark, "");
  settle();
  remember();
}

function remember() {
  step.value = keys[at] ?? "";
  memory?.postMessage([id, history.state && [step.value, ...new FormData(form)]]);
}

function on(target, event, act) {
  target.addEventListener(event, (happened) => {
    happened.preventDefault();
    act();
  });
}

on(find("start"), "click", () => {
  sent = false;
  history.replaceState(null, "");
  history.pushState(null, "");
  keep(id);
  go(0);
});
on(document.querySelector(".skip"), "click", focus); // its own way would be one more entry
on(back, "click", () => (at ? go(at - 1) : history.back()));
on(goOn, "click", () => go(at));
document.querySelectorAll("[data-pause]").forEach((link) => {
  on(link, "click", () => {
    form.hidden = true;
    pause.hidden = false;
    scrollTo(0, 0);
    pause.focus({ preventScroll: true });
  });
});

form.addEventListener("change", remember);
form.addEventListener("submit", (event) => {
  sent = at === last;
  if (sent) return keep(null);
  event.preventDefault();
  go(at + 1);
});

// Back is the question before, from a pause its question, from the first the page before it; then it leads away.
addEventListener("popstate", () => {
  if (location.href !== address) return;
  if (history.state > 0) return at < 0 && go(0);
  if (at > 0 || !pause.hidden) {
    history.forward();
    return go(pause.hidden ? at - 1 : at);
  }
  keep(sent ? null : -id);
  go(-1);
});

// Whoever leaves takes the ticks along, and from the page before the questions the way forward to them.
form.addEventListener("reset", () => {
  const wasBefore = history.state < 0;
  keep(null);
  if (wasBefore) history.pushState(null, "");
});

// Once the answers are on their way this page forgets them. ("Change my answers" on the result brings them back.)
addEventListener("pagehide", () => {
  if (!sent) return;
  form.querySelectorAll(":checked").forEach((radio) => (radio.checked = false));
  show(-1);
});

// A page loaded in an entry with a mark goes on where it was, or, when ticks alone came back, after the last of them. In any other
// entry nothing is ticked but what came along.
function resume() {
  if (!history.state) return;
  settle();
  const kept = keys.indexOf(step.value);
  const place = kept < 0 ? 1 + questions.findLastIndex((question) => question.querySelector(":checked")) : kept;
  show(history.state < 0 ? -1 : place);
}

history.scrollRestoration = "manual";
pause.classList.add("pause--scripted");
find("returns").hidden = true;
head.hidden = back.hidden = goOn.hidden = false;
show(-1);
if (history.state) {
  settle(); // at once, for a click before everything is loaded
  memory?.postMessage([id]);
} else form.reset();
if (memory) memory.onmessage = ({ data: ticks }) => {
  if (!ticks || !history.state) return;
  [step.value] = ticks;
  ticks.slice(1).forEach(([name, value]) => form.elements[name] && (form.elements[name].value = value));
  resume();
};
addEventListener("pageshow", resume); // not before it have browsers brought back what they kept
