/* What was asked in this browser, newest first; it goes nowhere else. */

const KEY = "mendline.queries";
const MOST = 50;

/** @returns {string[]} */
export function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
  } catch {
    return []; // the browser keeps nothing
  }
}

/** @param {string} text */
export function remember(text) {
  if (!text.trim()) return;
  const kept = [text, ...remembered().filter((other) => other !== text)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    /* the browser keeps nothing */
  }
}
