// "Clear my result" puts the quiz in this page's place, so that Back does not return to it; and printing, where there is paper.
document.querySelectorAll("[data-clear]").forEach((link) => {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.replace(link.href);
  });
});

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
