// Says every twenty seconds that this page is open, and shows who else has it open or has saved it since.
import { bar, form, note, words } from "./writing_form.js";

const OFTEN = 20_000; // milliseconds
const WRITING = 60_000; // milliseconds after the last key
const place = bar?.querySelector("[data-others]");

function posted() {
  const data = new FormData();
  for (const name of ["csrfmiddlewaretoken", note().name]) data.set(name, form.querySelector(`[name=${name}]`).value);
  data.set("last", bar.dataset.last);
  if (Date.now() - words.typedAt < WRITING) data.set("writing", "1");
  return data;
}

async function beat() {
  if (document.visibilityState !== "visible") return;
  try {
    const response = await fetch(bar.dataset.here, { method: "POST", body: posted(), redirect: "error" });
    if (response.ok) show(await response.json());
  } catch {
    place.hidden = true; // nobody knows who is here
  }
}

function show({ here, saved_by: savedBy }) {
  const said = here.map(({ name, writes }) => `${name} is ${writes ? "writing" : "reading"}`);
  if (savedBy) said.push(`${savedBy} saved this: your save joins both`);
  const text = said.join(" · ");
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

if (form && place) {
  beat();
  setInterval(beat, OFTEN);
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pagehide", () => {
    const data = posted();
    data.set("leaving", "1");
    navigator.sendBeacon(bar.dataset.here, data);
  });
}
