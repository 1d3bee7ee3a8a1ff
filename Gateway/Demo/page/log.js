import { $, atEnd, clock, el, guarded } from "./dom.js";

const MaxRows = 500;
const Arrows = { sent: "↑", received: "↓", http: "⇄", note: "•" };

/** The message log: every message received, every command and call sent; the oldest rows go above 500. */
export class MessageLog {
  #list = $("log-list");
  #filter = "all";
  #search = "";

  constructor() {
    for (const radio of document.getElementsByName("log-filter")) {
      radio.addEventListener("change", () => { this.#filter = radio.value; this.#apply(); });
    }
    $("log-search").addEventListener("input", ({ target }) => { this.#search = target.value.trim().toLowerCase(); this.#apply(); });
    $("log-polls").addEventListener("change", () => this.#apply());
    $("log-clear").addEventListener("click", () => { this.#list.replaceChildren(); this.#count(); });
    $("log-toggle").addEventListener("click", ({ currentTarget }) => {
      const open = currentTarget.getAttribute("aria-expanded") !== "true";
      currentTarget.setAttribute("aria-expanded", String(open));
      $("log").classList.toggle("collapsed", !open);
    });
    this.#count();
  }

  /** A command that went out; `by` names who sent it when it wasn't this page. */
  sent(message, { poll = false, by } = {}) { this.#add("sent", message.type, message, { poll, by }); }

  received(message, { poll = false } = {}) {
    this.#add("received", String(message.type), message, { poll, failed: message.type === "error" });
  }

  http(name, details, { failed = false } = {}) { this.#add("http", name, details, { failed }); }

  /** Something worth knowing that was not on the wire. */
  note(text, details) { this.#add("note", "note", details, { text }); }

  /** Lets the log's own little form send any command, also wrong ones, to see what the server says. */
  onCommand(send) {
    $("command").addEventListener("submit", guarded(() => {
      const channel = $("log-command-channel").value;
      send($("log-command").value, $("log-command-data").value, channel === "" ? undefined : channel);
    }));
  }

  /** One line leaves out what every message repeats; the row unfolds to all of it. */
  #add(direction, type, details, { poll = false, failed = false, by, text }) {
    const follow = atEnd(this.#list);
    const json = JSON.stringify(details);
    const brief = JSON.stringify(details, (name, value) => (value === "" || (name === "sid" && type !== "chan_out") || (name === "type" && value === type) ? undefined : value));
    const pretty = el("pre");
    const fold = el("details", { on: { toggle: () => { if (!pretty.textContent) pretty.textContent = JSON.stringify(details, null, 2); } } },
      el("summary", {},
        el("time", {}, clock()),
        el("span", { class: "arrow", title: direction }, Arrows[direction]),
        el("span", { class: "type" }, type),
        el("span", { class: "json" }, [text, by && `(by ${by})`, direction === "note" && brief === "{}" ? null : brief].filter(Boolean).join("  "))),
      pretty);
    const row = el("li", { testid: "log-row", data: { direction, type, poll, failed } }, fold);
    row.searchText = `${direction} ${type} ${text ?? ""} ${json}`.toLowerCase();
    this.#list.append(row);
    row.hidden = !this.#shows(row);
    while (this.#list.children.length > MaxRows) this.#list.firstElementChild.remove();
    if (follow) this.#list.scrollTop = this.#list.scrollHeight;
    this.#count();
  }

  #shows({ dataset, searchText }) {
    if (dataset.poll === "true" && !$("log-polls").checked) return false;
    if (this.#filter === "errors" ? dataset.failed !== "true" : this.#filter !== "all" && dataset.direction !== this.#filter) return false;
    return !this.#search || searchText.includes(this.#search);
  }

  #apply() {
    for (const row of this.#list.children) row.hidden = !this.#shows(row);
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#count();
  }

  #count() {
    const rows = [...this.#list.children];
    const shown = rows.filter((row) => !row.hidden).length;
    $("log-total").textContent = shown === rows.length ? String(shown) : `${shown} of ${rows.length}`;
  }
}
