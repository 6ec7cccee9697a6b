// Share: the device's own share sheet where there is one, else "Copy link". Nothing is sent anywhere by this page.
const share = document.querySelector("[data-share]");
const copy = document.querySelector("[data-copy]");
const status = document.querySelector("[data-share-status]");

if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener("click", () => {
    navigator.share({ title: share.dataset.title, url: share.dataset.address }).catch(() => {});
  });
} else if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(copy.dataset.address);
      status.textContent = "Link copied";
    } catch {
      status.textContent = copy.dataset.address;
    }
  });
}
