// Passkeys: show what needs them only where the browser has them, and say in words when one didn't work.
const trouble = document.getElementById("passkey-trouble");

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll(".needs-passkeys")) form.hidden = false;
} else {
  say("This browser has no passkeys, or this address isn't secure.");
}

function say(text) {
  if (!trouble) return;
  trouble.textContent = text;
  trouble.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const { name } = event.detail.exception;
  if (name === "InvalidStateError") say("This device has a passkey for you already.");
  else if (name === "SecurityError") say("Passkeys need a name in the address, such as localhost, and not a number.");
  else say("That didn’t work, or it was stopped. Nothing was changed. You can try again.");
});
