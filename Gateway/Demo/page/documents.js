import { $, guarded, toast } from "./dom.js";
import { DocumentRow, titleOf } from "./document-row.js";
import { explain } from "./permissions.js";
import { remember, session } from "./session.js";

const PageSize = 50;

/**
 * The documents panel. It joins `db-<repository>` first and reads second, so that no write can fall between the two;
 * from then on the list follows the events, also for this page's own writes.
 */
export class DocumentsPanel {
  #apiOf;
  #connection;
  #account;
  #repository = session.repository;
  #rows = new Map();
  #documents = new Map();
  #pages = 0;
  #total = 0;
  #filters = null;
  #joined = false;
  #online = false;
  #wanted = true;
  #reading = 0;
  #early = null;
  #requery = null;

  constructor(apiOf, connection, account) {
    this.#apiOf = apiOf;
    this.#connection = connection;
    this.#account = account;
    $("repo-name").value = this.#repository;
    $("open-repo").addEventListener("submit", guarded(() => this.open($("repo-name").value.trim())));
    $("repo-live").addEventListener("click", () => this.#toggleLive());
    $("create").addEventListener("submit", guarded(() => this.#create()));
    $("query").addEventListener("submit", guarded(() => this.#query()));
    $("query-clear").addEventListener("click", guarded(() => this.#clearQuery()));
    $("docs-refresh").addEventListener("click", guarded(() => this.#read()));
    $("docs-more").addEventListener("click", guarded(() => this.#readMore()));
    this.#describe();
  }

  /** Whether every change arrives as an event. */
  get #live() { return this.#joined && this.#online; }

  get #channel() { return `db-${this.#repository}`; }

  /** Opens a repository: leaves the events of the one before, joins those of this one, then reads. */
  async open(repository) {
    if (!repository) return;
    if (repository !== this.#repository) {
      if (this.#joined) this.#connection.send("leave", this.#channel);
      this.#repository = repository;
      this.#setJoined(false);
      this.#reading++; // what is still being read belongs to the repository before
      this.#early = null;
      this.#show({ results: [], total: 0 });
      this.#filters = null;
      $("query-clear").hidden = true;
      remember({ repository });
    }
    this.#describe();
    // With a live connection the read waits for `joined`; without one there is nothing to wait for.
    if (!(this.#wanted && this.#connection.state === "ready" && this.#connection.send("join", this.#channel))) await this.#read();
  }

  /** After every authentication: a new session may have missed events, so join and read again. */
  ready() { return this.open(this.#repository); }

  /** The memberships are gone: another session, or none. */
  lost() { this.#setJoined(false); }

  /** Whether the connection carries events just now; a membership can outlive an interruption. */
  online(online) {
    this.#online = online;
    this.#showLive();
  }

  clear() {
    this.#setJoined(false);
    this.#show({ results: [], total: 0 });
  }

  receive({ type, data, channel }) {
    if (channel !== this.#channel) return;
    if (type === "joined") {
      this.#setJoined(this.#wanted);
      guarded(() => this.#read())();
    } else if (type === "left") {
      this.#setJoined(false);
    } else if (type.startsWith("db_") && this.#wanted) {
      // An event that overtakes the answer to a read is applied after it; it is never older than that answer.
      if (this.#early) this.#early.push({ type, data });
      else this.#apply({ type, data });
    }
  }

  #apply({ type, data }) {
    const value = JSON.parse(data);
    if (this.#filters) {
      // Whether a changed document still matches is the server's to say.
      clearTimeout(this.#requery);
      this.#requery = setTimeout(guarded(() => this.#read({ flash: type === "db_deleted" ? null : value.id })), 150);
      return;
    }
    if (type === "db_deleted") return this.#remove(value);
    const isNew = !this.#rows.has(value.id);
    if (isNew && type === "db_created") this.#total++;
    this.#put(value, { first: true }).flash(isNew ? "created" : "updated");
    this.#count(`${isNew ? "Created" : "Changed"}: ${titleOf(value)}`);
  }

  async #read({ flash } = {}) {
    const turn = ++this.#reading;
    this.#early ??= [];
    try {
      const page = await this.#fetch(1);
      if (turn !== this.#reading) return;
      this.#pages = 1;
      this.#show(page);
      if (flash) this.#rows.get(flash)?.flash("updated");
    } finally {
      if (turn === this.#reading) {
        const early = this.#early;
        this.#early = null;
        for (const event of early) this.#apply(event);
      }
    }
  }

  async #readMore() {
    const page = await this.#fetch(this.#pages + 1);
    this.#pages++;
    this.#total = page.total;
    for (const document of page.results) this.#put(document);
    this.#count();
  }

  #fetch(page) {
    const params = { page, size: PageSize, desc: true };
    return this.#filters ? this.#apiOf().query(this.#repository, this.#filters, params) : this.#apiOf().list(this.#repository, params);
  }

  #show({ results, total }) {
    const kept = new Set(results.map((document) => document.id));
    for (const [id, row] of this.#rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
      this.#documents.delete(id);
    }
    this.#total = total;
    for (const document of results) $("docs").append(this.#put(document).element);
    this.#count();
  }

  #put(document, { first = false } = {}) {
    this.#documents.set(document.id, document);
    let row = this.#rows.get(document.id);
    if (row) {
      row.show(document);
      return row;
    }
    row = new DocumentRow(document, this.#actions(document.id), this.#account.me?.accountId);
    this.#rows.set(document.id, row);
    $("docs")[first ? "prepend" : "append"](row.element);
    return row;
  }

  #remove(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    row.flash("deleted");
    this.#rows.delete(id);
    setTimeout(() => row.element.remove(), 450);
    this.#total--;
    this.#count(`Deleted: ${titleOf(this.#documents.get(id))}`);
    this.#documents.delete(id);
  }

  #actions(id) {
    const repository = this.#repository;
    const write = (call) => async (...args) => {
      await call(...args);
      await this.#settle();
    };
    return {
      toggle: write((done) => this.#apiOf().update(repository, id, { done })),
      increase: write((by) => this.#apiOf().increase(repository, id, "count", by)),
      save: write((changes) => this.#apiOf().update(repository, id, changes)),
      remove: write(async () => {
        if (await this.#apiOf().remove(repository, id) === 0) toast("There was nothing left to delete.");
      }),
    };
  }

  /** While events arrive they change the list, in their order; without them the list is read again. */
  async #settle() { if (!this.#live) await this.#read(); }

  async #create() {
    const further = $("doc-json").value.trim();
    let fields = {};
    try {
      if (further) fields = JSON.parse(further);
    } catch (error) {
      throw new Error(`The further fields are not JSON: ${error.message}`);
    }
    const title = $("doc-title").value.trim();
    if (!title && !further) return $("doc-title").focus();
    await this.#apiOf().create(this.#repository, { ...(title ? { title, done: false, count: 0 } : {}), ...fields });
    $("doc-title").value = "";
    await this.#settle();
  }

  async #query() {
    const field = $("query-field").value.trim();
    if (!field) return $("query-field").focus();
    this.#filters = [[field, $("query-operator").value, literal($("query-value").value)]];
    $("query-clear").hidden = false;
    await this.#read();
  }

  async #clearQuery() {
    this.#filters = null;
    $("query-clear").hidden = true;
    await this.#read();
  }

  #toggleLive() {
    this.#wanted = !this.#wanted;
    if (this.#wanted) guarded(() => this.open(this.#repository))();
    else if (!this.#connection.send("leave", this.#channel)) this.#setJoined(false);
  }

  #setJoined(joined) {
    this.#joined = joined;
    this.#showLive();
  }

  #showLive() {
    const live = this.#live;
    const button = $("repo-live");
    button.dataset.live = live;
    button.setAttribute("aria-pressed", String(live));
    button.lastElementChild.textContent = live ? "Live" : "Paused";
    button.title = live ? `Following ${this.#channel}; press to pause` : "Not following events; press to follow";
  }

  #describe() {
    const { owner, account, everyone, audience, digits, assumed } = explain(this.#repository);
    const cells = { owner, account, everyone };
    for (const row of $("permissions").querySelectorAll("[data-who]")) {
      const words = cells[row.dataset.who];
      row.querySelector("dd").textContent = words;
      row.dataset.rights = words === "no access" ? "none" : words.includes("change") ? "write" : "read";
    }
    $("audience").textContent = `${audience}${assumed ? ` No “_000_” suffix in the name, so ${digits} applies.` : ""}`;
  }

  #count(announcement) {
    const filter = this.#filters ? ` matching ${this.#filters[0][0]} ${this.#filters[0][1]} ${JSON.stringify(this.#filters[0][2])}` : "";
    const noun = this.#total === 1 ? "document" : "documents";
    $("docs-total").textContent = `${this.#total} ${noun}${filter}${announcement ? ` · ${announcement}` : ""}`;
    $("docs-empty").hidden = this.#rows.size > 0;
    $("docs-more").hidden = this.#rows.size >= this.#total;
  }
}

/** A query's value as typed: JSON where it is JSON (numbers, booleans, null, arrays), else the text itself. */
function literal(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
