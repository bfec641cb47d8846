/* What may come next in a query, as a list below the bar, and what is wrong so far. The server says both. */

/** @typedef {{text: string, kind: string, detail: string, start?: number, apply?: () => void}} Offer */
/** @typedef {{message: string, start: number, end: number, corrected: string | null}} Fault */
/** @typedef {{completions: Offer[], notices: string[], fault: Fault | null}} Told */

const SHOWN = 12;

/** @param {string} text @param {number} units @returns {number} characters before a place in UTF-16 */
const characters = (text, units) => [...text.slice(0, units)].length;
/** @param {string} text @param {number} count @returns {number} the place in UTF-16 behind so many characters */
const units = (text, count) => [...text].slice(0, count).join("").length;

export class Completion {
  /** @param {HTMLFormElement} form @param {HTMLTextAreaElement} field */
  constructor(form, field) {
    this.form = form;
    this.field = field;
    /** @type {Offer[]} */
    this.offers = [];
    this.active = -1;
    this.asked = 0;
    this.list = document.createElement("ul");
    this.list.id = `${field.id}-offers`;
    this.list.className = "query-offers";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    this.said = document.createElement("div");
    this.said.className = "query-said";
    this.said.setAttribute("role", "status");
    form.append(this.list);
    form.after(this.said);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"]]) {
      field.setAttribute(name, value);
    }
    field.setAttribute("aria-controls", this.list.id);
  }

  /** Asks what may come at the cursor, and shows it. */
  async look() {
    const told = await this.ask();
    if (!told) return;
    this.tell(told);
    const here = this.field.value.slice(0, this.field.selectionStart);
    const writing = /[^\s)]$/.test(here);
    const wrong = this.said.querySelector("pre") !== null; // which a list would cover
    const offers = told.completions.filter((offer) => !here.endsWith(offer.text));
    this.offer(writing || (!wrong && !here.endsWith(")")) ? offers.slice(0, SHOWN) : [], "what may come next");
  }

  /** Asks only what is wrong. */
  async check() {
    const told = await this.ask();
    if (told) this.tell(told);
  }

  /** @returns {Promise<Told | null>} null where the server says nothing, or the text is another one by now */
  async ask() {
    const number = ++this.asked;
    const text = this.field.value;
    const query = new URLSearchParams({ q: text, cursor: String(characters(text, this.field.selectionStart)) });
    const project = new FormData(this.form).get("project");
    if (typeof project === "string") query.set("project", project);
    try {
      const answer = await fetch(`/api/v1/query/complete?${query}`, { signal: AbortSignal.timeout(10000) });
      return answer.ok && number === this.asked ? await answer.json() : null;
    } catch {
      return null; // a query is written as well without
    }
  }

  /** @param {Told} told */
  tell(told) {
    const text = this.field.value;
    const fault = told.fault;
    const unfinished = fault !== null && units(text, fault.start) >= text.trimEnd().length;
    this.said.replaceChildren();
    document.getElementById("query-fault")?.remove(); // of the text before
    if (fault && !unfinished) {
      const [start, end] = [units(text, fault.start), Math.max(units(text, fault.end), units(text, fault.start) + 1)];
      const begin = text.lastIndexOf("\n", start - 1) + 1;
      const line = text.slice(begin).split("\n", 1)[0];
      const shown = document.createElement("pre");
      const carets = document.createElement("span");
      carets.className = "carets";
      carets.textContent = "^".repeat(Math.max(1, Math.min(end - begin, line.length) - (start - begin)));
      shown.append(`${line}\n${" ".repeat(start - begin)}`, carets);
      this.said.append(shown, this.paragraph(fault.message));
      if (fault.corrected) this.said.append(this.correction(fault.corrected));
    }
    for (const notice of told.notices ?? []) this.said.append(this.paragraph(notice));
  }

  /** @param {string} text @returns {HTMLElement} */
  paragraph(text) {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  }

  /** @param {string} text @returns {HTMLElement} */
  correction(text) {
    const made = document.createElement("p");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet corrected";
    button.textContent = text;
    button.addEventListener("click", () => this.write(text, text.length));
    made.append("Try ", button);
    return made;
  }

  /** @param {string} text @param {number} cursor */
  write(text, cursor) {
    this.field.value = text;
    this.field.setSelectionRange(cursor, cursor);
    this.field.focus();
    this.field.dispatchEvent(new Event("input"));
  }

  /** @param {Offer[]} offers @param {string} label */
  offer(offers, label) {
    this.offers = offers;
    this.active = -1;
    this.list.setAttribute("aria-label", label);
    this.list.replaceChildren(...offers.map((offer, index) => this.item(offer, index)));
    this.list.hidden = offers.length === 0;
    this.field.setAttribute("aria-expanded", String(!this.list.hidden));
    this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {Offer} offer @param {number} index @returns {HTMLElement} */
  item(offer, index) {
    const made = document.createElement("li");
    made.id = `${this.list.id}-${index}`;
    made.setAttribute("role", "option");
    const text = document.createElement("code");
    text.textContent = offer.text;
    const detail = document.createElement("span");
    detail.className = "dim";
    detail.textContent = offer.detail || offer.kind;
    made.append(text, detail);
    made.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(index);
    });
    return made;
  }

  close() {
    this.offer([], "");
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the list took the key */
  key(event) {
    if (this.list.hidden) return false;
    const last = this.offers.length - 1;
    if (event.key === "ArrowDown") this.move(this.active === last ? 0 : this.active + 1);
    else if (event.key === "ArrowUp") this.move(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" && !event.shiftKey) this.take(Math.max(this.active, 0));
    else if (event.key === "Enter" && this.active >= 0) this.take(this.active);
    else return false;
    event.preventDefault();
    return true;
  }

  /** @param {number} index */
  move(index) {
    this.active = index;
    for (const [at, item] of [...this.list.children].entries()) {
      item.setAttribute("aria-selected", String(at === index));
      if (at === index) item.scrollIntoView({ block: "nearest" });
    }
    this.field.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  /** @param {number} index */
  take(index) {
    const offer = this.offers[index];
    this.close();
    if (offer.apply) {
      offer.apply();
      return;
    }
    const text = this.field.value;
    const [start, cursor] = [units(text, offer.start ?? 0), this.field.selectionStart];
    const behind = text.slice(cursor);
    const goesOn = /^(keyword|source|value|unit)$/.test(offer.kind) && !/^[\s,)]/.test(behind);
    const put = offer.text + (goesOn ? " " : "");
    this.write(text.slice(0, start) + put + behind, start + put.length);
  }
}
