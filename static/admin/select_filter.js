// The two lists of Django’s own that choose from many: its signs for searching get the role that their words need.
addEventListener("load", () => {
  for (const sign of document.querySelectorAll(".search-label-icon[aria-label]")) sign.setAttribute("role", "img");
});
