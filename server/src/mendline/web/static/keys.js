/* Keys that work on every page: `/` goes to the search field (where a page has none, to the one of Explore) and `t` to the
   time range, Escape leaves them; `j` and `k` go down and up a list, `n` and `p` turn pages. And buttons that copy. */

const SEARCH = "#search"; // where a page is opened to be searched

/** @param {EventTarget | null} target @returns {boolean} whether somebody is writing there */
function writing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** @param {EventTarget | null} target @returns {target is HTMLInputElement | HTMLTextAreaElement} */
function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isField(event.target) && !event.defaultPrevented) event.target.blur();
  if (writing(event.target)) return;
  const field = document.querySelector(`[data-hotkey="${CSS.escape(event.key)}"]`);
  const explore = document.querySelector('nav a[href^="/explore"]');
  if (isField(field)) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "/" && explore instanceof HTMLAnchorElement) {
    event.preventDefault();
    location.href = explore.href + SEARCH;
  }
});

if (location.hash === SEARCH) {
  const field = document.querySelector('[data-hotkey="/"]');
  if (isField(field)) field.focus();
}

/** Go down and up the lists of a page: each row has a link that says where it leads. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
  if (!step) return;
  const links = [...document.querySelectorAll("main a.row-link, main .told a:first-of-type")];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  if (next instanceof HTMLElement) next.focus();
});

/** Turn pages: the links say what they lead to. */
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const rel = event.key === "n" ? "next" : event.key === "p" ? "prev" : "";
  const link = rel && document.querySelector(`a[rel="${rel}"]`);
  if (link instanceof HTMLAnchorElement) link.click();
});

/** @param {string} text @returns {Promise<void>} where there is no clipboard (plain http), by a selection */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (!(button instanceof HTMLElement)) return;
  event.preventDefault();
  try {
    await copy(button.dataset.copy ?? "");
    button.textContent = "copied";
  } catch {
    button.textContent = "not copied";
  }
  setTimeout(() => (button.textContent = "copy"), 1500);
});
