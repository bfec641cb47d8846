/* The query bar: Enter asks, Shift+Enter begins a line; the field grows with its text. */

/** @param {HTMLTextAreaElement} field */
function fit(field) {
  while (field.rows > 1 && field.scrollHeight <= field.clientHeight) field.rows -= 1;
  while (field.rows < 12 && field.scrollHeight > field.clientHeight) field.rows += 1;
}

for (const field of document.querySelectorAll(".query-bar textarea")) {
  if (!(field instanceof HTMLTextAreaElement)) continue;
  field.addEventListener("input", () => fit(field));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    field.form?.requestSubmit();
  });
  fit(field);
}
