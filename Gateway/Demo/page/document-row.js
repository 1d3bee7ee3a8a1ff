import { el, guarded } from "./dom.js";

const Hidden = new Set(["id", "accountId"]);
const Shown = new Set(["id", "accountId", "title", "done", "count"]);

/**
 * One document in the list. `actions`: toggle(done), increase(by), save(changes), remove(). An editor that is open
 * survives events: the row below it changes, the text being edited does not.
 */
export class DocumentRow {
  #document;
  #actions;
  #accountId;
  #editor = null;
  #changed = null;
  #flashTimer = null;

  element = el("li", { testid: "doc-row", class: "doc" });
  #view = el("div", { class: "doc-view" });

  constructor(document, actions, accountId) {
    this.#actions = actions;
    this.#accountId = accountId;
    this.element.append(this.#view);
    this.show(document);
  }

  show(document) {
    this.#document = document;
    this.element.dataset.id = document.id;
    this.element.classList.toggle("done", document.done === true);
    const focused = this.#view.contains(window.document.activeElement) ? window.document.activeElement.dataset.testid : null;
    this.#view.replaceChildren(...this.#parts());
    if (focused) this.#view.querySelector(`[data-testid="${focused}"]`)?.focus();
  }

  /** Highlights the row for a moment: created, updated or deleted. */
  flash(kind) {
    clearTimeout(this.#flashTimer);
    delete this.element.dataset.flash;
    void this.element.offsetWidth; // restarts the animation when events follow each other closely
    this.element.dataset.flash = kind;
    this.#flashTimer = setTimeout(() => delete this.element.dataset.flash, 1600);
    if (kind === "updated" && this.#changed) this.#changed.hidden = false;
  }

  #parts() {
    const document = this.#document;
    const title = titleOf(document);
    const count = typeof document.count === "number" ? document.count : 0;
    const button = (props, text, action) => el("button", { type: "button", ...props, on: { click: guarded(action) } }, text);
    const others = Object.entries(document).filter(([name]) => !Shown.has(name));
    return [
      el("input", {
        type: "checkbox", testid: "doc-toggle", "aria-label": `Done: ${title}`, checked: document.done === true,
        // The server decides; the box moves when the event comes back.
        on: { click: guarded(() => this.#actions.toggle(document.done !== true)) },
      }),
      el("div", { class: "grow doc-main" },
        el("span", { class: "doc-title", testid: "doc-row-title" }, title),
        el("span", { class: "doc-meta" },
          el("code", { title: `id ${document.id}` }, String(document.id).slice(0, 10)),
          document.accountId === this.#accountId ? " my account" : ` account ${String(document.accountId).slice(0, 10)}`),
        others.length ? el("code", { class: "doc-fields", testid: "doc-fields" }, others.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join("  ")) : null),
      el("div", { class: "counter", role: "group", "aria-label": `Count of ${title}` },
        button({ class: "icon", testid: "doc-decrease", "aria-label": "Decrease" }, "−", () => this.#actions.increase(-1)),
        el("output", { testid: "doc-count" }, String(count)),
        button({ class: "icon", testid: "doc-increase", "aria-label": "Increase" }, "+", () => this.#actions.increase(1))),
      button({ class: "icon", testid: "doc-edit", "aria-label": `Edit ${title}`, title: "Edit as JSON" }, "✎", () => this.#toggleEditor()),
      button({ class: "icon danger", testid: "doc-delete", "aria-label": `Delete ${title}`, title: "Delete" }, "×", () => this.#actions.remove()),
    ];
  }

  #toggleEditor() {
    if (this.#editor) return this.#closeEditor();
    const fields = Object.fromEntries(Object.entries(this.#document).filter(([name]) => !Hidden.has(name)));
    const text = el("textarea", { testid: "doc-editor", rows: "5", spellcheck: "false", "aria-label": "Fields as JSON" });
    text.value = JSON.stringify(fields, null, 2);
    text.rows = Math.min(10, text.value.split("\n").length);
    this.#changed = el("p", { class: "hint warn", testid: "doc-changed", role: "status", hidden: true }, "Somebody changed this document meanwhile; saving writes your fields over it.");
    this.#editor = el("form", { class: "doc-edit", on: { submit: guarded(() => this.#save(text)), keydown: (event) => { if (event.key === "Escape") this.#closeEditor(); } } },
      text,
      this.#changed,
      el("div", { class: "row" },
        el("button", { class: "primary small", testid: "doc-save" }, "Save"),
        el("button", { class: "small", type: "button", testid: "doc-cancel", on: { click: () => this.#closeEditor() } }, "Cancel"),
        el("span", { class: "hint grow" }, "Fields are merged: one that is left out stays.")));
    this.element.append(this.#editor);
    text.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  async #save(text) {
    let changes;
    try {
      changes = JSON.parse(text.value);
    } catch (error) {
      throw new Error(`This is not JSON: ${error.message}`);
    }
    this.#changed.hidden = true;
    await this.#actions.save(changes);
    this.#closeEditor();
  }

  #closeEditor() {
    this.#editor?.remove();
    this.#editor = this.#changed = null;
    this.#view.querySelector("[data-testid=doc-edit]")?.focus();
  }
}

/** What to call a document: its title or name, else its first text, else its id. */
export function titleOf(document) {
  const text = document.title ?? document.name ?? Object.entries(document).find(([name, value]) => !Hidden.has(name) && typeof value === "string")?.[1];
  return text === undefined || text === "" ? `Document ${String(document.id).slice(0, 6)}` : String(text);
}
