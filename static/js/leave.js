// "Leave this site": puts a neutral page in this one's place, so that Back does not return here; so do the site's other tabs.
// Without this script the same link opens the neutral page in the ordinary way.
const link = document.querySelector("[data-leave]");
const SPAN = 5000; // three presses of Shift within five seconds
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select";
let presses = [];
let alone = false; // whether Shift went down by itself, outside a field
let timer;
let title; // what the page was called before it was left
let tabs = listen();

// Tells a screen reader about presses. It must be on the page before it says anything.
const said = document.createElement("p");
said.className = "visually-hidden";
said.setAttribute("role", "status");
document.body.append(said);

function leave() {
  title ??= document.title;
  document.documentElement.hidden = true;
  document.title = link.hostname;
  document.querySelectorAll("form").forEach((form) => form.reset());
  window.location.replace(link.href);
}

function leaveAll() {
  leave();
  tabs?.postMessage("");
}

function listen() {
  try {
    const channel = new BroadcastChannel("leave");
    channel.onmessage = leave;
    return channel;
  } catch {} // not there, or refused by a browser that takes no cookies: this page leaves alone
}

function forget(words = "") {
  clearTimeout(timer);
  alone = false;
  presses = [];
  said.textContent = words;
}

link.addEventListener("click", (event) => {
  event.preventDefault();
  leaveAll();
});

document.addEventListener("keydown", (event) => {
  const mixed = event.key !== "Shift" || event.ctrlKey || event.altKey || event.metaKey;
  if (mixed || event.target.closest?.(FIELDS)) forget();
  else alone = true;
});

document.addEventListener("keyup", (event) => {
  if (event.key !== "Shift" || !alone) return;
  const now = Date.now();
  alone = false;
  presses = [...presses.filter((at) => now - at < SPAN), now];
  if (presses.length === 3) return leaveAll();
  said.textContent = presses.length === 1 ? "Press Shift twice more to leave this site." : "Press Shift once more to leave this site.";
  clearTimeout(timer);
  timer = setTimeout(forget, SPAN, "Still on this page. Earlier presses of Shift no longer count.");
});

document.addEventListener("pointerdown", () => forget());

// A page that comes back from the browser's memory shows itself again, under the name it had.
window.addEventListener("pageshow", (event) => {
  document.documentElement.hidden = false;
  if (title) document.title = title;
  title = undefined;
  forget();
  if (event.persisted) tabs = listen();
});
window.addEventListener("pagehide", () => tabs?.close());
