/* The query bar: Enter asks, Shift+Enter begins a line, the field grows; what may come next and what is wrong are told
   while one writes, what was asked before comes back with ↑, and a link to it can be copied. */

import { Completion } from "./query_completion.js";
import { remembered, remember } from "./query_history.js";

const PAUSE_MS = 150;

/** @param {HTMLTextAreaElement} field */
function fit(field) {
  while (field.rows > 1 && field.scrollHeight <= field.clientHeight) field.rows -= 1;
  while (field.rows < 12 && field.scrollHeight > field.clientHeight) field.rows += 1;
}

/** @param {HTMLFormElement} form @returns {string} where the query of the form is answered */
function linkOf(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (typeof value === "string") url.searchParams.set(name, value);
  return url.href;
}

/** @param {string} text @returns {Promise<boolean>} whether it could be copied */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not over plain http, and not without permission
  }
}

/** @param {HTMLFormElement} form @param {HTMLTextAreaElement} field */
function attach(form, field) {
  const completion = new Completion(form, field);
  let timer = 0;

  /** @param {string} text */
  function write(text) {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    fit(field);
    field.focus();
    field.dispatchEvent(new Event("query-written"));
  }

  function showHistory() {
    const before = remembered().filter((text) => text.trim() !== field.value.trim());
    completion.offer(before.map((text) => ({ text, kind: "", detail: "", apply: () => write(text) })), "asked before");
  }

  field.addEventListener("input", () => {
    fit(field);
    clearTimeout(timer);
    timer = setTimeout(() => completion.look(), PAUSE_MS);
  });
  field.addEventListener("query-written", () => completion.check());
  field.addEventListener("blur", () => setTimeout(() => completion.close(), 150)); // a click on an offer comes first
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (completion.key(event)) return;
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      completion.look();
    } else if (event.key === "ArrowUp" && field.selectionStart === 0 && field.selectionEnd === 0) {
      event.preventDefault();
      showHistory();
    } else if (event.key === "Enter" && !event.shiftKey && !event.defaultPrevented) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", () => remember(field.value));
  form.querySelector("[data-query-history]")?.addEventListener("click", () => {
    field.focus();
    showHistory();
  });
  const build = form.querySelector("[data-query-builder]");
  build?.addEventListener("click", async () => {
    const { toggle } = await import("./query_builder.js");
    build.setAttribute("aria-expanded", String(await toggle(form, field)));
  });
  const copy = form.querySelector("[data-query-link]");
  copy?.addEventListener("click", async () => {
    const said = (await copied(linkOf(form))) ? "copied" : "the address of the page is the link";
    const text = copy.textContent;
    copy.textContent = said;
    setTimeout(() => (copy.textContent = text), 2000);
  });
  if (form.dataset.asked === "1") remember(field.value);
  fit(field);
}

for (const form of document.querySelectorAll("form.query-bar")) {
  const field = form.querySelector("textarea");
  if (form instanceof HTMLFormElement && field) attach(form, field);
}
