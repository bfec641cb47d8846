/* Charts over time: one cursor for all charts of the page tells the values in their legends; dragging zooms. */

/** @typedef {{chart: HTMLElement, plot: HTMLElement, steps: number, from: number, x: number}} Drag */

/** @type {Drag | null} */
let drag = null;
const LEAST_PIXELS = 5;

/** @returns {HTMLElement[]} */
const charts = () => [...document.querySelectorAll(".chart")].filter((it) => it instanceof HTMLElement);
/** @param {Element} chart */
const stepsOf = (chart) => Number(/** @type {HTMLElement} */ (chart).dataset.steps);

/** @param {EventTarget | null} target @returns {HTMLElement | null} the plot in which something happened */
function plotOf(target) {
  return target instanceof Element ? target.closest(".plot") : null;
}

/** @param {HTMLElement} plot @returns {HTMLElement} */
const chartOf = (plot) => /** @type {HTMLElement} */ (plot.closest(".chart"));

/** @param {HTMLElement} plot @param {number} x @returns {number} the step at a place of the screen */
function stepAt(plot, x) {
  const box = plot.getBoundingClientRect();
  const steps = stepsOf(chartOf(plot));
  return Math.max(0, Math.min(steps - 1, Math.floor(((x - box.left) / box.width) * steps)));
}

/** @param {HTMLElement} chart @param {number} step @returns {Date} when a step begins */
function beginOf(chart, step) {
  return new Date(Date.parse(chart.dataset.start ?? "") + step * Number(chart.dataset.every) * 1000);
}

/** @param {Date} moment @returns {string} date and time of day as the page tells them: `2026-05-01 12:00:00` */
function local(moment) {
  const zone = document.documentElement.dataset.zone || "UTC";
  return moment.toLocaleString("sv-SE", { timeZone: zone });
}

/** @param {HTMLElement} chart @param {number} step @returns {string} from when until when, in the zone of the page */
function timeText(chart, step) {
  const [from, until] = [local(beginOf(chart, step)), local(beginOf(chart, step + 1))];
  const clock = Number(chart.dataset.every) % 60 ? [11, 19] : [11, 16];
  const day = from.slice(0, 10);
  const end = until.slice(0, 10) === day ? until.slice(...clock) : `${until.slice(0, 10)} ${until.slice(...clock)}`;
  return `${day} ${from.slice(...clock)} to ${end} ${document.documentElement.dataset.zone || "UTC"}`;
}

/** Show what every chart says of one step; none of them where it is -1. @param {number} step */
function point(step) {
  for (const chart of charts()) {
    const shown = step >= 0 && step < stepsOf(chart);
    const at = step * 10 + 5;
    chart.querySelector(".cursor")?.setAttribute("d", shown ? `M${at} 0V1000` : "");
    const says = chart.querySelector(".at");
    if (says) says.textContent = shown ? timeText(chart, step) : "";
    for (const item of chart.querySelectorAll("[data-values]")) {
      const value = item.querySelector(".value");
      if (!(item instanceof HTMLElement) || !(value instanceof HTMLElement)) continue;
      value.textContent = shown ? (item.dataset.values ?? "").split("|")[step] || "–" : (value.dataset.rest ?? "");
    }
    chart.dataset.at = shown ? String(step) : "";
  }
}

/** @param {HTMLElement} chart @param {number} from @param {number} until what is selected; nothing where it is -1 */
function select(chart, from, until) {
  const zone = chart.querySelector(".zone");
  zone?.setAttribute("x", String(Math.min(from, until) * 10));
  zone?.setAttribute("width", from < 0 ? "0" : String((Math.abs(until - from) + 1) * 10));
}

/** Show only these steps. @param {HTMLElement} chart @param {number} from @param {number} until */
function zoom(chart, from, until) {
  const url = new URL(location.href);
  url.searchParams.set("start", beginOf(chart, Math.min(from, until)).toISOString());
  url.searchParams.set("end", beginOf(chart, Math.max(from, until) + 1).toISOString());
  for (const name of ["page", "live"]) url.searchParams.delete(name);
  location.assign(url);
}

document.addEventListener("pointermove", (event) => {
  if (drag) {
    const step = stepAt(drag.plot, event.clientX);
    if (Math.abs(event.clientX - drag.x) >= LEAST_PIXELS) select(drag.chart, drag.from, step);
    point(step);
    return;
  }
  const plot = plotOf(event.target);
  if (plot) point(stepAt(plot, event.clientX));
});

document.addEventListener("pointerout", (event) => {
  if (!drag && plotOf(event.target) && !plotOf(event.relatedTarget)) point(-1);
});

document.addEventListener("pointerdown", (event) => {
  const plot = plotOf(event.target);
  if (!plot || event.button !== 0 || event.pointerType === "touch") return;
  const chart = chartOf(plot);
  if (chart.dataset.zoom === undefined) return;
  drag = { chart, plot, steps: stepsOf(chart), from: stepAt(plot, event.clientX), x: event.clientX };
  event.preventDefault();
  plot.focus({ preventScroll: true });
});

document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { chart, plot, from, x } = drag;
  drag = null;
  select(chart, -1, -1);
  if (Math.abs(event.clientX - x) >= LEAST_PIXELS) zoom(chart, from, stepAt(plot, event.clientX));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) {
    select(drag.chart, -1, -1);
    drag = null;
    return;
  }
  const plot = plotOf(event.target);
  if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
  const chart = chartOf(plot);
  const steps = stepsOf(chart);
  const at = chart.dataset.at ? Number(chart.dataset.at) : -1;
  const moves = { ArrowRight: at + 1, ArrowLeft: at < 0 ? steps - 1 : at - 1, Home: 0, End: steps - 1, Escape: -1 };
  const next = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (next === undefined) return;
  event.preventDefault();
  point(event.key === "Escape" ? -1 : Math.max(0, Math.min(steps - 1, next)));
});

document.addEventListener("focusout", (event) => {
  if (plotOf(event.target)) point(-1);
});
