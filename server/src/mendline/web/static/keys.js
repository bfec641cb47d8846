/* Keys that work on every page: `/` goes to the search field, Escape leaves it. */

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
