// A page with somebody's answers: clearing puts the quiz in its place, so that Back does not return to it; and printing.
const clear = document.querySelectorAll("[data-clear]");
clear.forEach((link) => {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.replace(link.href);
  });
});

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// A browser that keeps pages in memory would show it again on Back: it is emptied on the way out, and the quiz takes its
// place. (Other browsers ask before they send the answers again.)
if (clear.length) {
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) document.querySelector("main").replaceChildren();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.replace(clear[0].href);
  });
}
