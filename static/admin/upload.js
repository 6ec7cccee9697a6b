// Asks for the words of a picture that was pasted or dragged into the text, uploads it, and puts it in its place.
import { ASKED } from "./blocks.js";
import { field } from "./caret.js";

const NO_ANSWER = "Not uploaded: the site doesn’t answer. Try again in a moment.";
const place = document.querySelector("[data-upload]");
const dialog = document.createElement("dialog");
let picture, cut;

export function isPicture(file) {
  return /^image\/(?:jpeg|png|webp|avif|gif)$/.test(file.type);
}

export function upload(file, from, to) {
  [picture, cut] = [file, [from, to]];
  if (!dialog.isConnected) make();
  const [key, alt] = [dialog.querySelector("[name=key]"), dialog.querySelector("[name=alt]")];
  key.value = suggested(file.name);
  alt.value = "";
  dialog.querySelector("[name=decorative]").checked = false;
  say("");
  dialog.showModal();
  alt.focus();
}

function suggested(name) {
  const words = name.replace(/\.\w+$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return words && words !== "image" ? words.slice(0, 50) : `picture-${new Date().toISOString().slice(0, 16).replace(/\D/g, "-")}`;
}

function make() {
  dialog.className = "choose";
  dialog.setAttribute("aria-labelledby", "upload-title");
  dialog.dataset.notKept = "";
  const form = element("form", { method: "dialog" });
  form.append(
    element("h2", { id: "upload-title", textContent: "Put in this picture" }),
    labelled("What a person who can’t see it misses", element("input", { type: "text", name: "alt", maxLength: 240, autocomplete: "off" })),
    labelled("It adds nothing that needs words", element("input", { type: "checkbox", name: "decorative" })),
    labelled("Its key, in small letters, digits and hyphens", element("input", { type: "text", name: "key", maxLength: 50, autocomplete: "off" })),
    Object.assign(element("p", { className: "choose__said" }), { role: "status" }),
    element("button", { type: "submit", className: "dk-button dk-button--do", textContent: "Upload" }),
    element("button", { type: "button", className: "dk-button dk-button--word", textContent: "Leave it out" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.querySelector("[type=button]").addEventListener("click", () => dialog.close());
  dialog.append(form);
  document.body.append(dialog);
}

function labelled(words, input) {
  const label = element("label", {});
  if (input.type === "checkbox") label.append(input, ` ${words}`);
  else label.append(words, input);
  return label;
}

function element(name, values) {
  return Object.assign(document.createElement(name), values);
}

function say(words) {
  dialog.querySelector(".choose__said").textContent = words;
}

async function send(form) {
  const posted = new FormData(form);
  posted.set("original", picture, picture.name || "picture.png");
  posted.set("csrfmiddlewaretoken", field.form.querySelector("[name=csrfmiddlewaretoken]").value);
  say("Uploading …");
  try {
    const response = await fetch(place.dataset.upload, { method: "POST", body: posted, redirect: "error" });
    if (response.status === 403) return say("Not uploaded: you may not add pictures, or your login has run out.");
    const answer = await response.json();
    if (!response.ok) return say(Object.values(answer.errors).flat().join(" "));
    dialog.close();
    ASKED.picture.put({ value: answer.key }, cut);
  } catch {
    say(NO_ANSWER);
  }
}
