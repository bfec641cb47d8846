/* Keys that work on every page: `/` goes to the search field and `t` to the time range, Escape leaves them; `n` and `p`
   turn pages. And buttons that copy. */

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
  if (isField(field)) {
    event.preventDefault();
    field.focus();
    field.select();
  }
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
