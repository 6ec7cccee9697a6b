// The parts of the writing page that the site makes anew with each save, and that are taken from its newest page.
export async function load(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

export function replaceParts(page, names) {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const name = part.dataset.refresh;
    const other = page.querySelector(`[data-refresh="${name}"]`);
    const isWanted = !names || names.includes(name);
    if (other && isWanted && other.innerHTML !== part.innerHTML) replace(part, other);
  }
}

// What a person had opened stays open, and what had the focus has it still.
function replace(part, other) {
  const open = [...part.querySelectorAll("details[open] > summary")].map((one) => one.textContent);
  const focused = part.contains(document.activeElement) ? document.activeElement.textContent : null;
  part.replaceChildren(...document.adoptNode(other).childNodes);
  const all = [...part.querySelectorAll("summary, a, button")];
  for (const one of all) if (one.localName === "summary" && open.includes(one.textContent)) one.parentElement.open = true;
  if (focused !== null) all.find((one) => one.textContent === focused)?.focus({ preventScroll: true });
}

export async function refresh(names) {
  try {
    replaceParts(await load(location.href), names);
  } catch {
    // it stays as it was
  }
}
