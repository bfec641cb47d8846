/* A query to click together: rows for what it is about, its filter, what is computed, groups, window, condition and order.
   It reads the text of the bar and writes it; the server takes the text apart, and says what is wrong with it. */

/** @typedef {{text: string, field: string, relation: string, value: string}} Term */
/** @typedef {{source: string, terms: Term[], columns: string[], keys: string[], range: string, over: string, every: string,
 *   conditions: Term[], hold: string, order: string[], limit: string}} Parts */
/** @typedef {{name: string, kind: string}} Field */

const SOURCES = ["invocations", "operations", "traces", "logs", "functions", "metrics"];
const HOLDS = ["holds", "does not hold"];
const RELATIONS = [":", "!=", ">", ">=", "<", "<=", "in", "not in", "~", "!~", ...HOLDS];
const AGGREGATES = ["count", "sum", "avg", "min", "max", "p50", "p90", "p95", "p99", "ratio", "rate", "distinct"];
const ALONE = ["count", "rate"];
const EMPTY = { text: "", field: "", relation: ":", value: "" };

/** @param {Term} term @returns {string} */
function textOf(term) {
  if (!term.relation) return term.text.trim();
  if (!term.field.trim()) return "";
  if (term.relation === "holds") return term.field;
  if (term.relation === "does not hold") return `not ${term.field}`;
  if (!term.value.trim()) return "";
  if (term.relation === ":") return `${term.field}:${term.value}`;
  const value = /^(not )?in$/.test(term.relation) && !term.value.startsWith("(") ? `(${term.value})` : term.value;
  return `${term.field} ${term.relation} ${value}`;
}

/** @param {Parts} parts @returns {string} */
export function write(parts) {
  const filter = parts.terms.map(textOf).filter(Boolean).join(" and ");
  const first = [parts.source === "invocations" ? "" : parts.source, filter].filter(Boolean).join(" ");
  const columns = parts.columns.filter(Boolean).join(", ");
  const keys = parts.keys.filter(Boolean).join(", ");
  const conditions = parts.conditions.map(textOf).filter(Boolean).join(" and ");
  const stages = [
    [columns, keys && columns ? `by ${keys}` : ""].filter(Boolean).join(" "),
    parts.range,
    parts.over || parts.every ? `over ${parts.over || parts.every}${parts.every ? ` every ${parts.every}` : ""}` : "",
    conditions && `where ${conditions}${parts.hold ? ` for ${parts.hold}` : ""}`,
    parts.order.some(Boolean) ? `sort ${parts.order.filter(Boolean).join(", ")}` : "",
    parts.limit && `limit ${parts.limit}`,
  ].filter(Boolean);
  const behind = stages.map((stage) => `| ${stage}`).join(" ");
  return [first, behind].filter(Boolean).join(" ");
}

class Builder {
  /** @param {HTMLFormElement} form @param {HTMLTextAreaElement} field */
  constructor(form, field) {
    this.form = form;
    this.field = field;
    /** @type {Parts | null} */
    this.parts = null;
    this.panel = document.createElement("section");
    this.panel.className = "query-builder";
    this.panel.setAttribute("aria-label", "Query builder");
    this.fields = document.createElement("datalist");
    this.fields.id = `${field.id}-fields`;
    this.values = document.createElement("datalist");
    this.values.id = `${field.id}-values`;
    form.after(this.panel);
    let timer = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.read(), 300);
    });
  }

  /** @param {string} path @param {Record<string, string>} query @returns {Promise<any>} */
  async ask(path, query) {
    const project = new FormData(this.form).get("project");
    const asked = new URLSearchParams(typeof project === "string" ? { ...query, project } : query);
    try {
      const answer = await fetch(`/api/v1/query/${path}?${asked}`, { signal: AbortSignal.timeout(10000) });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  /** Takes the text of the bar apart. Text that makes no sense (yet) leaves the rows as they are. */
  async read() {
    if (this.panel.hidden) return;
    const text = this.field.value;
    const told = await this.ask("parts", { q: text });
    if (!told || text !== this.field.value) {
      if (!this.parts) this.say("The query cannot be taken apart: what is wrong with it stands above.");
      return;
    }
    this.parts = told.parts;
    this.fields.replaceChildren(...told.fields.map((/** @type {Field} */ it) => new Option(it.name)));
    this.draw();
  }

  /** Writes the rows into the bar. @param {boolean} again whether rows have come or gone */
  changed(again) {
    if (!this.parts) return;
    this.field.value = write(this.parts);
    this.field.dispatchEvent(new Event("query-written"));
    if (again) this.draw();
  }

  /** @param {string} text */
  say(text) {
    const told = document.createElement("p");
    told.textContent = text;
    this.panel.replaceChildren(told);
  }

  draw() {
    const parts = this.parts;
    if (!parts) return;
    this.panel.replaceChildren(this.fields, this.values);
    this.line("Rows of", [this.select(SOURCES, parts.source, "source", (it) => ((parts.source = it), this.changed(false)))]);
    this.line("where", this.terms(parts.terms, "filter"));
    this.line("show", this.columns(parts));
    this.line("by", this.texts(parts.keys, "group", this.fields.id));
    this.line("over", [
      this.input(parts.over, "window: 5m, 1h, today", "", (it) => (parts.over = it)),
      this.word("every"),
      this.input(parts.every, "step: 5m", "", (it) => (parts.every = it)),
    ]);
    this.line("only results", this.terms(parts.conditions, "condition"));
    if (parts.conditions.length) {
      this.line("for", [this.input(parts.hold, "3 of 5, 10m", "", (it) => (parts.hold = it))]);
    }
    this.line("sort", this.texts(parts.order, "order", this.fields.id));
    this.line("at most", [this.input(parts.limit, "rows", "", (it) => (parts.limit = it))]);
  }

  /** @param {string} name @param {HTMLElement[]} controls */
  line(name, controls) {
    const head = document.createElement("h3");
    head.textContent = name;
    const rows = document.createElement("div");
    rows.className = "rows";
    rows.setAttribute("role", "group");
    rows.setAttribute("aria-label", name);
    rows.append(...controls);
    this.panel.append(head, rows);
  }

  /** @param {string} text @returns {HTMLElement} */
  word(text) {
    const made = document.createElement("span");
    made.className = "dim";
    made.textContent = text;
    return made;
  }

  /** @param {HTMLElement[]} controls @param {string} name @param {() => void} gone @returns {HTMLElement} */
  row(controls, name, gone) {
    const made = document.createElement("span");
    made.className = "row";
    made.append(...controls, this.button("✕", `Take this ${name} away`, gone));
    return made;
  }

  /** @param {string} text @param {string} label @param {() => void} does @returns {HTMLElement} */
  button(text, label, does) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => {
      does();
      this.changed(true);
    });
    return made;
  }

  /** @param {string} value @param {string} hint @param {string} list @param {(value: string) => void} put */
  input(value, hint, list, put) {
    const made = document.createElement("input");
    made.value = value;
    made.placeholder = hint;
    made.setAttribute("aria-label", hint);
    made.size = Math.max(12, Math.min(48, value.length + 2));
    made.autocomplete = "off";
    made.spellcheck = false;
    if (list) made.setAttribute("list", list);
    made.addEventListener("input", () => {
      put(made.value.trim());
      this.changed(false);
    });
    return made;
  }

  /** @param {string[]} choices @param {string} chosen @param {string} label @param {(value: string) => void} put */
  select(choices, chosen, label, put) {
    const made = document.createElement("select");
    made.setAttribute("aria-label", label);
    for (const choice of choices) made.add(new Option(choice, choice, false, choice === chosen));
    made.addEventListener("change", () => put(made.value));
    return made;
  }

  /** @param {Term[]} terms @param {string} name @returns {HTMLElement[]} */
  terms(terms, name) {
    const rows = terms.map((term, index) => this.row(this.term(term), name, () => terms.splice(index, 1)));
    return [...rows, this.button("+", `Add a ${name}`, () => terms.push({ ...EMPTY }))];
  }

  /** @param {Term} term @returns {HTMLElement[]} */
  term(term) {
    if (!term.relation) return [this.input(term.text, "a condition", "", (it) => (term.text = it))];
    const field = this.input(term.field, "field", this.fields.id, (it) => (term.field = it));
    const known = RELATIONS.includes(term.relation) ? RELATIONS : [term.relation, ...RELATIONS];
    const relation = this.select(known, term.relation, "relation", (it) => {
      const redraw = HOLDS.includes(it) !== HOLDS.includes(term.relation);
      term.relation = it;
      this.changed(redraw);
    });
    if (HOLDS.includes(term.relation)) return [field, relation];
    const value = this.input(term.value, "value", this.values.id, (it) => (term.value = it));
    value.addEventListener("focus", () => this.offerValues(term.field));
    return [field, relation, value];
  }

  /** @param {string} field */
  async offerValues(field) {
    const told = await this.ask("complete", { q: `${this.parts?.source ?? ""} ${field}:` });
    const values = (told?.completions ?? []).filter((/** @type {{kind: string}} */ it) => it.kind === "value");
    this.values.replaceChildren(...values.map((/** @type {{text: string}} */ it) => new Option(it.text)));
  }

  /** @param {Parts} parts @returns {HTMLElement[]} */
  columns(parts) {
    const rows = parts.columns.map((text, index) => {
      const simple = /^(\w+)\(([^()]*)\)$/.exec(text);
      const put = (/** @type {string} */ it) => (parts.columns[index] = it);
      const controls = simple && AGGREGATES.includes(simple[1])
        ? this.column(simple[1], simple[2], put)
        : [this.input(text, "an expression", "", put)];
      return this.row(controls, "column", () => parts.columns.splice(index, 1));
    });
    return [...rows, this.button("+", "Add a column", () => parts.columns.push("count()"))];
  }

  /** @param {string} name @param {string} argument @param {(value: string) => void} put @returns {HTMLElement[]} */
  column(name, argument, put) {
    const of = this.input(argument, ALONE.includes(name) ? "all rows" : "of", this.fields.id, (it) => {
      argument = it;
      put(`${name}(${argument})`);
    });
    const chosen = this.select(AGGREGATES, name, "what", (it) => {
      name = it;
      put(`${name}(${argument})`);
      this.changed(false);
    });
    return [chosen, of];
  }

  /** @param {string[]} texts @param {string} name @param {string} list @returns {HTMLElement[]} */
  texts(texts, name, list) {
    const rows = texts.map((text, index) =>
      this.row([this.input(text, name, list, (it) => (texts[index] = it))], name, () => texts.splice(index, 1)));
    return [...rows, this.button("+", `Add a ${name}`, () => texts.push(""))];
  }
}

/** @type {WeakMap<HTMLFormElement, Builder>} */
const made = new WeakMap();

/** Opens or closes the builder of a bar. @param {HTMLFormElement} form @param {HTMLTextAreaElement} field
 *  @returns {Promise<boolean>} whether it is open now */
export async function toggle(form, field) {
  let builder = made.get(form);
  if (builder) builder.panel.hidden = !builder.panel.hidden;
  else made.set(form, (builder = new Builder(form, field)));
  await builder.read();
  return !builder.panel.hidden;
}
