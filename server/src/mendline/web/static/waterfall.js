/* The waterfall as a tree: select without loading the page again, fold, and walk it with the keyboard. */

/** @type {HTMLElement} */
const tree = /** @type {HTMLElement} */ (document.querySelector("[data-rows]"));
/** @type {HTMLElement} */
const panel = /** @type {HTMLElement} */ (document.getElementById("detail"));
/** @type {HTMLAnchorElement[]} */
const rows = [...tree.querySelectorAll("a")];
const indexes = new Map(rows.map((row, index) => [row, index]));
const folded = new Set();
let selected = Math.max(0, rows.findIndex((row) => row.hasAttribute("aria-current")));
let focused = selected;
/** @type {AbortController | null} */
let loading = null;

/** @param {number} index @returns {number} the last row below this one, itself where there is none */
const lastBelow = (index) => Number(rows[index].dataset.last);
/** @param {number} index */
const level = (index) => Number(rows[index].dataset.level);
/** @param {number} index */
const hasChildren = (index) => lastBelow(index) > index;

/** Tell assistive technology that this is a tree; without this script it is a list of links. */
function becomeTree() {
  tree.setAttribute("role", "tree");
  tree.setAttribute("aria-label", "Spans");
  rows.forEach((row, index) => {
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", String(level(index)));
    row.setAttribute("aria-selected", String(index === selected));
    row.removeAttribute("aria-current");
    row.tabIndex = index === focused ? 0 : -1;
    if (hasChildren(index)) row.setAttribute("aria-expanded", "true");
  });
}

/** @param {number} index @param {boolean} fold */
function setFolded(index, fold) {
  if (!hasChildren(index) || folded.has(index) === fold) return;
  if (fold) folded.add(index);
  else folded.delete(index);
  rows[index].setAttribute("aria-expanded", String(!fold));
  const knob = rows[index].querySelector(".knob");
  if (knob) knob.textContent = fold ? "▸" : "▾";
}

/** Show what no folded row above hides. */
function applyFolds() {
  let hiddenUntil = -1;
  rows.forEach((row, index) => {
    const hide = index <= hiddenUntil;
    if (row.hidden !== hide) row.hidden = hide;
    if (!hide && folded.has(index)) hiddenUntil = lastBelow(index);
  });
  if (rows[focused].hidden) focus(above(focused));
}

/** @param {number} index @param {boolean} [fold] */
function toggle(index, fold = !folded.has(index)) {
  setFolded(index, fold);
  applyFolds();
}

/** @param {number} index @returns {number} the nearest visible row before */
function above(index) {
  do index -= 1;
  while (index > 0 && rows[index].hidden);
  return Math.max(0, index);
}

/** @param {number} index @returns {number} the nearest visible row after, else the same */
function below(index) {
  for (let next = index + 1; next < rows.length; next += 1) if (!rows[next].hidden) return next;
  return index;
}

/** @param {number} index @returns {number} the row whose child this is */
function parentOf(index) {
  for (let up = index - 1; up >= 0; up -= 1) if (level(up) < level(index)) return up;
  return index;
}

/** @param {number} index */
function focus(index) {
  rows[focused].tabIndex = -1;
  focused = index;
  rows[index].tabIndex = 0;
  rows[index].focus({ preventScroll: true });
  rows[index].scrollIntoView({ block: "nearest" });
}

/** Open everything above a row, so that it can be seen. @param {number} index */
function reveal(index) {
  for (let up = parentOf(index), from = index; up !== from; from = up, up = parentOf(up)) setFolded(up, false);
  applyFolds();
}

/** @param {number} index */
async function select(index) {
  rows[selected].setAttribute("aria-selected", "false");
  selected = index;
  rows[index].setAttribute("aria-selected", "true");
  history.replaceState(null, "", rows[index].href);
  const twin = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".bottom a"));
  if (twin) twin.search = new URL(rows[index].href).search;
  loading?.abort();
  loading = new AbortController();
  panel.setAttribute("aria-busy", "true");
  const url = new URL(rows[index].href);
  url.searchParams.set("fragment", "detail");
  try {
    const answer = await fetch(url, { signal: loading.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    panel.replaceChildren(...fresh.body.childNodes);
    panel.scrollTop = 0;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = "The server did not answer; the span could not be shown. Select it again to retry.";
    panel.replaceChildren(line);
  }
  panel.removeAttribute("aria-busy");
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const moves = {
    ArrowDown: () => focus(below(focused)),
    ArrowUp: () => focus(above(focused)),
    Home: () => focus(0),
    End: () => focus(rows[rows.length - 1].hidden ? above(rows.length - 1) : rows.length - 1),
    ArrowRight: () => (folded.has(focused) ? toggle(focused, false) : hasChildren(focused) && focus(below(focused))),
    ArrowLeft: () => (hasChildren(focused) && !folded.has(focused) ? toggle(focused, true) : focus(parentOf(focused))),
    Enter: () => select(focused),
    " ": () => select(focused),
  };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (!move) return;
  event.preventDefault();
  move();
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
  const index = indexes.get(/** @type {HTMLAnchorElement} */ (event.target.closest("a")));
  if (index === undefined) return;
  event.preventDefault();
  if (event.target.closest(".knob") && hasChildren(index)) {
    toggle(index);
    return;
  }
  focus(index);
  select(index);
}

/** Links elsewhere on the page that mean a row. @param {MouseEvent} event */
function onJump(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
  const link = event.target.closest("[data-select]");
  if (!(link instanceof HTMLElement)) return;
  event.preventDefault();
  const index = Number(link.dataset.select);
  reveal(index);
  focus(index);
  select(index);
}

/** @param {boolean} fold */
function foldAll(fold) {
  rows.forEach((_, index) => setFolded(index, fold && level(index) > 1 ? true : false));
  applyFolds();
}

becomeTree();
tree.addEventListener("keydown", onKey);
tree.addEventListener("click", onClick);
document.addEventListener("click", onJump);
document.querySelector("[data-collapse]")?.addEventListener("click", () => foldAll(true));
document.querySelector("[data-expand]")?.addEventListener("click", () => foldAll(false));
