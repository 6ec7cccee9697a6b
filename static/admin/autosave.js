// Keeps what is typed and not saved, every half minute and when the page is left, so that it is offered when its editor comes back.
const place = document.querySelector("[data-autosave]");
const said = place?.querySelector("[data-kept]");
const form = place?.closest("form");
const OFTEN = 30_000; // milliseconds
const SOON = 5_000; // for a text too long to be sent while the page closes
const MOST = 60_000; // bytes; browsers send 64 KB at most from a page that closes
const NOT_KEPT = "Not kept: the site doesn’t answer. Copy your text if you leave.";
const REFUSED = "Not kept: the site refuses it. Copy your text, and open this page anew.";
let isChanged = false, hasFailed = false, isOver = false;
let last = Date.now();
let running;

function bytes(posted) {
  const encoder = new TextEncoder();
  return [...posted].reduce((sum, [name, value]) => sum + 200 + name.length + encoder.encode(String(value).replace(/\n/g, "\r\n")).length, 0);
}

async function autosave({ leaving = false } = {}) {
  if (!isChanged || isOver) return;
  const posted = new FormData(form);
  running?.abort();
  const mine = (running = new AbortController());
  isChanged = false;
  last = Date.now();
  try {
    const keepalive = leaving && bytes(posted) < MOST;
    const response = await fetch(place.dataset.autosave, { method: "POST", body: posted, keepalive, signal: mine.signal });
    if (!response.ok) throw new Error(response.status < 500 ? REFUSED : NOT_KEPT);
    hasFailed = false;
    say(`Kept at ${new Date().toLocaleTimeString("en-GB")}`);
  } catch (error) {
    if (error.name === "AbortError") return;
    isChanged = hasFailed = true;
    say(error.message === REFUSED ? REFUSED : NOT_KEPT);
  }
}

function say(words) {
  said.textContent = words;
  place.classList.toggle("desk-status--failed", hasFailed);
}

function stop() {
  isOver = true;
  running?.abort();
}

if (form && said) {
  form.addEventListener("input", () => {
    isChanged = true;
  });
  setInterval(() => {
    const wait = bytes(new FormData(form)) < MOST ? OFTEN : SOON;
    if (isChanged && Date.now() - last >= wait) autosave();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") autosave({ leaving: true });
  });
  window.addEventListener("pagehide", () => autosave({ leaving: true }));
  window.addEventListener("pageshow", () => {
    isOver = false;
    // Back to a page whose save never arrived: the browser has put the words back into the fields.
    const fields = [...form.querySelectorAll("textarea, input[type=text]")];
    isChanged ||= fields.some((one) => one.value !== one.defaultValue);
  });
  // A save takes the words itself, and who throws them away doesn't want them back. Preview and check leave the page as it is.
  document.addEventListener("submit", (event) => {
    const isSave = event.target === form && !event.submitter?.formTarget;
    if (!event.defaultPrevented && (isSave || "forget" in event.target.dataset)) stop();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged && !isOver && (hasFailed || bytes(new FormData(form)) >= MOST)) event.preventDefault();
  });
  if (form.querySelector(".errornote")) {
    isChanged = true; // what couldn't be saved is kept at least
    autosave();
  }
}
