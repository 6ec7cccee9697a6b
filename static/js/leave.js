// "Leave this site": puts a neutral page in this one's place, so that Back does not return here.
// Without this script the same link opens the neutral page in the ordinary way.
const link = document.querySelector("[data-leave]");
const SPAN = 5000; // three presses of Shift within five seconds
let presses = [];

function leave() {
  document.documentElement.hidden = true;
  document.querySelectorAll("form").forEach((form) => form.reset());
  window.location.replace(link.href);
}

link.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

document.addEventListener("keyup", (event) => {
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select");
  if (event.key !== "Shift" || event.ctrlKey || event.altKey || event.metaKey || typing) {
    presses = [];
    return;
  }
  const now = Date.now();
  presses = [...presses.filter((at) => now - at < SPAN), now];
  if (presses.length === 3) leave();
});

// A page that comes back from the browser's memory shows itself again.
window.addEventListener("pageshow", () => {
  document.documentElement.hidden = false;
  presses = [];
});
