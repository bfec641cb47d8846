/* The heat map: a box is drawn with the mouse, a finger or the keyboard, and becomes part of the URL. */

/** @typedef {{column: number, row: number}} Cell  the row counts from the bottom */

const figure = document.querySelector(".heat");
const map = document.querySelector(".map");
if (figure instanceof HTMLElement && map instanceof HTMLElement) begin(figure, map);

/** @param {HTMLElement} figure @param {HTMLElement} map */
function begin(figure, map) {
  const columns = Number(figure.dataset.columns);
  const edges = (figure.dataset.edges ?? "").split(" ").map(Number);
  const rows = edges.length - 1;
  const borders = (figure.dataset.borders ?? "").split("|");
  const [least, most] = (figure.dataset.bounds ?? "").split(" ");
  const told = new Map((figure.dataset.cells ?? "").split("|").map((it) => it.split(",").map(Number)).map(([x, y, n, m]) => [`${x},${y}`, [n, m]]));
  const drawn = /** @type {Element} */ (map.querySelector(".drawn"));
  const says = /** @type {Element} */ (figure.querySelector(".at"));
  /** @type {Cell | null} */
  let from = null;
  /** @type {Cell} */
  let cursor = { column: columns - 1, row: rows - 1 };

  /** @param {PointerEvent} event @returns {Cell} */
  const cellAt = (event) => {
    const box = map.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const row = Math.floor((1 - (event.clientY - box.top) / box.height) * rows);
    return { column: Math.max(0, Math.min(columns - 1, column)), row: Math.max(0, Math.min(rows - 1, row)) };
  };
  /** @param {number} column @returns {string} */
  const moment = (column) => new Date(Date.parse(figure.dataset.start ?? "") + column * Number(figure.dataset.columnMs)).toISOString();

  /** @param {Cell} a @param {Cell} b */
  const draw = (a, b) => {
    const [left, right] = [Math.min(a.column, b.column), Math.max(a.column, b.column) + 1];
    const [low, high] = [Math.min(a.row, b.row), Math.max(a.row, b.row) + 1];
    const values = { x: left * 10, y: (rows - high) * 10, width: (right - left) * 10, height: (high - low) * 10 };
    for (const [name, value] of Object.entries(values)) drawn.setAttribute(name, String(value));
  };

  /** @param {Cell} cell */
  const tell = (cell) => {
    const [count, marked] = told.get(`${cell.column},${cell.row}`) ?? [0, 0];
    const zone = document.documentElement.dataset.zone || "UTC";
    const at = new Date(moment(cell.column)).toLocaleString("sv-SE", { timeZone: zone });
    const mark = figure.dataset.mark && marked ? `, ${marked} ${figure.dataset.mark}` : "";
    says.textContent = `${at} ${zone}, ${borders[cell.row]} to ${borders[cell.row + 1]}: ${count} invocations${mark}`;
  };

  /** The box in the URL; edges that are those of the map are no bounds. @param {Cell} a @param {Cell} b */
  const ask = (a, b) => {
    const url = new URL(location.href);
    const [left, right] = [Math.min(a.column, b.column), Math.max(a.column, b.column) + 1];
    const [low, high] = [Math.min(a.row, b.row), Math.max(a.row, b.row) + 1];
    const bounds = {
      from: left > 0 ? moment(left) : "",
      to: right < columns ? moment(right) : "",
      [least]: low > 0 ? number(edges[low]) : "",
      [most]: high < rows ? number(edges[high]) : "",
    };
    if (!Object.values(bounds).some(Boolean)) bounds[least] = "0";
    for (const [name, value] of Object.entries(bounds)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
    location.assign(url);
  };

  map.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = cellAt(event);
    map.setPointerCapture(event.pointerId);
    draw(from, from);
  });
  map.addEventListener("pointermove", (event) => {
    tell(cellAt(event));
    if (from) draw(from, cellAt(event));
  });
  map.addEventListener("pointerup", (event) => {
    if (!from) return;
    const begun = from;
    from = null;
    ask(begun, cellAt(event));
  });
  map.addEventListener("pointercancel", () => {
    from = null;
    drawn.setAttribute("width", "0");
  });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (step) {
      if (event.shiftKey) from ??= cursor;
      else from = null;
      const moved = { column: cursor.column + step[0], row: cursor.row + step[1] };
      cursor = { column: Math.max(0, Math.min(columns - 1, moved.column)), row: Math.max(0, Math.min(rows - 1, moved.row)) };
      draw(from ?? cursor, cursor);
      tell(cursor);
      event.preventDefault();
    } else if (event.key === "Enter") {
      ask(from ?? cursor, cursor);
    } else if (event.key === "Escape") {
      from = null;
      drawn.setAttribute("width", "0");
    }
  });
}

/** @param {number} value @returns {string} with six digits, as a query has it */
function number(value) {
  return String(Number(value.toPrecision(6)));
}
