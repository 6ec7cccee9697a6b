// Keeps what is typed and not saved: soon after the first key, while typing goes on, and when the page is left, so that it is
// offered when its editor comes back. What the site can't be given stays in this browser until it can.
import * as outbox from "./outbox.js";
import { refresh } from "./parts.js";
import { bar, bytes, clock, form, say, words } from "./writing_form.js";

const PAUSE = 2_000; // milliseconds after the last key
const OFTEN = 10_000; // while typing goes on
const RETRY = 10_000; // after the site didn't answer
const MOST = 60_000; // bytes; browsers send 64 KB at most from a page that closes
const LARGEST = 512 * 1024; // bytes that the site takes
const NOT_KEPT = "Not kept: the site doesn’t answer. Your words are in this browser, and it tries again.";
const NOWHERE = "Not kept: the site doesn’t answer. Copy your text if you leave.";
const REFUSED = "Not kept: the site refuses it. Copy your text, and open this page anew.";
let last = 0;

export async function keep({ leaving = false } = {}) {
  // While a save is under way they wait for it: after it this is another opened form, and these would be offered once more.
  if (!words.isChanged || words.isOver || (words.isSaving && !leaving)) return;
  const posted = new FormData(form);
  words.keeping?.abort();
  words.keeping = new AbortController();
  words.isChanged = false;
  last = Date.now();
  if (leaving) outbox.put(bar.dataset.keep, posted); // a page that closes hears of no failure
  try {
    const keepalive = leaving && bytes(posted) < MOST;
    const response = await fetch(bar.dataset.keep, { method: "POST", body: posted, keepalive, signal: words.keeping.signal });
    if (!response.ok) throw new Error(response.status);
    outbox.remove();
    words.hasFailed = false;
    say(`Kept ${clock()}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    words.isChanged = words.hasFailed = true;
    say(whyNot(error.message, posted), { isBad: true });
  }
}

function whyNot(status, posted) {
  const isHere = outbox.put(bar.dataset.keep, posted);
  if (status === "413" || bytes(posted) > LARGEST) return `Not kept: ${Math.ceil(bytes(posted) / 1024)} KB is more than the site takes at once (512 KB). Copy your text.`;
  if (status === "403") return REFUSED;
  return isHere ? NOT_KEPT : NOWHERE;
}

function isDue() {
  const since = Date.now() - last;
  if (words.hasFailed) return since >= RETRY;
  return Date.now() - words.typedAt >= PAUSE || since >= OFTEN;
}

if (form) {
  setInterval(() => {
    if (words.isChanged && isDue()) keep();
  }, 500);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep({ leaving: true });
  });
  window.addEventListener("pagehide", () => keep({ leaving: true }));
  window.addEventListener("online", () => keep());
  window.addEventListener("pageshow", () => {
    words.isOver = false;
    // Back to a page whose save never arrived: the browser has put the words back into the fields.
    const fields = [...form.querySelectorAll("textarea, input[type=text]")];
    words.isChanged ||= fields.some((one) => one.value !== one.defaultValue);
  });
  window.addEventListener("beforeunload", (event) => {
    if (words.isChanged && !words.isOver && (words.hasFailed || bytes(new FormData(form)) >= MOST)) event.preventDefault();
  });
  if (form.querySelector(".errornote")) {
    words.isChanged = true; // what couldn't be saved is kept at least
    keep();
  }
  outbox.send(location.pathname).then((isHere) => isHere && refresh(["notes"]));
}
