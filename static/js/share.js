// Share: the device's own share sheet where there is one, and "Copy link" beside it. Nothing is sent anywhere by this page.
const share = document.querySelector("[data-share]");
const copy = document.querySelector("[data-copy]");
const status = document.querySelector("[data-share-status]");

// What can't be done is said, with the link to be copied by hand.
function say(words, address = "") {
  status.textContent = address ? `${words} ` : words;
  if (!address) return;
  const link = document.createElement("a");
  link.href = link.textContent = address;
  status.append(link);
}

if (share && navigator.share) {
  share.hidden = false;
  share.addEventListener("click", async () => {
    const { title, address: url } = share.dataset;
    try {
      say("");
      await navigator.share({ title, url });
    } catch (error) {
      if (error.name === "AbortError") say("Not shared.");
      else say("This device didn’t share it. Here is the link:", url);
    }
  });
}

if (copy) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const { address } = copy.dataset;
    try {
      await navigator.clipboard.writeText(address);
      say("Link copied.");
    } catch {
      say("This browser didn’t copy it. Here is the link:", address);
    }
  });
}
