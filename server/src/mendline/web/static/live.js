/* Looks again while a list is live: when the server tells that something was stored, and from time to time without
   that. Fetches the same page and swaps the part that moves. */

const EVERY_MS = 5000;
const EVERY_MS_WHEN_TOLD = 30000;
const AGAIN_MS = 10000;
const REGION = "live-region";
let failures = 0;
let looking = false;
let isDue = false;
let isTold = false;
/** @type {AbortController | null} */
let listening = null;

/** @returns {HTMLElement | null} */
function region() {
  return document.getElementById(REGION);
}

/** @returns {boolean} whether the page asks to be kept fresh, and somebody sees it */
function wanted() {
  return region()?.dataset.live === "on" && document.visibilityState === "visible";
}

/** @returns {boolean} whether a swap would take something out of a person's hands */
function inUse() {
  const inside = region();
  if (!inside) return true;
  if (document.activeElement instanceof HTMLInputElement && inside.contains(document.activeElement)) return true;
  const selection = getSelection();
  return !!selection && !selection.isCollapsed && inside.contains(selection.anchorNode);
}

/** @param {string} text what is wrong; empty when nothing is */
function say(text) {
  let line = document.getElementById("unreachable");
  if (!text) {
    line?.remove();
    return;
  }
  if (!line) {
    line = document.createElement("p");
    line.id = "unreachable";
    line.className = "notice unreachable";
    line.setAttribute("role", "status");
    region()?.before(line);
  }
  line.textContent = text;
}

/** @param {Document} fresh */
function swap(fresh) {
  const old = region();
  const next = fresh.getElementById(REGION);
  if (!old || !next) return;
  const focused = document.activeElement instanceof HTMLAnchorElement && old.contains(document.activeElement)
    ? document.activeElement.getAttribute("href")
    : null;
  const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
  old.replaceWith(document.adoptNode(next));
  const scroll = next.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = left;
  if (focused) /** @type {HTMLElement | null} */ (next.querySelector(`a[href="${CSS.escape(focused)}"]`))?.focus();
}

/** One look after the other, never two at a time. */
async function look() {
  if (looking) {
    isDue = true;
    return;
  }
  looking = true;
  do {
    isDue = false;
    if (wanted() && !inUse()) await lookOnce();
  } while (isDue);
  looking = false;
}

/** Hears of what is stored, until the stream ends. It is read like any answer and not by EventSource, which calls it an
   error on the console when a session has ended. */
async function hear(/** @type {AbortSignal} */ signal) {
  try {
    const answer = await fetch("/live", { headers: { accept: "text/event-stream" }, signal });
    if (!answer.ok || answer.redirected || !answer.body) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    isTold = true;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (part.value.includes("event: stored")) look();
    }
  } catch {
    // it ended; what is asked from time to time says so where the server is gone
  } finally {
    isTold = false;
  }
}

/** A stream is kept only while somebody sees the page: a browser has few connections to one server. */
async function listen() {
  if (!wanted()) {
    listening?.abort();
  } else if (!listening) {
    listening = new AbortController();
    const began = Date.now();
    await hear(listening.signal);
    listening = null;
    if (Date.now() - began > AGAIN_MS) listen(); // the server ends each stream after a while
  }
}

async function lookOnce() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(20000) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
      location.assign(answer.url);
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    failures = 0;
    say("");
    if (!inUse()) swap(fresh);
  } catch {
    failures += 1;
    say("The server cannot be reached; what you see is from before. Trying again…");
  }
}

/** Slower while the server does not answer. */
function again() {
  const every = isTold ? EVERY_MS_WHEN_TOLD : EVERY_MS * Math.min(6, 1 + failures);
  setTimeout(async () => {
    await look();
    listen();
    again();
  }, every);
}

document.addEventListener("visibilitychange", () => {
  listen();
  look();
});
listen();
again();
