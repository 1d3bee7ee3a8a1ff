/**
 * The HTTP half of the published client: every call is written to the log, and a failure becomes an Error
 * with the server's sentence. The client itself reports failures as `{ ok: false, content: text or Error }`.
 */
export class Api {
  #client;
  #log;
  #tokenOf;
  #onExpired;

  constructor({ client, log, tokenOf, onExpired }) {
    this.#client = client;
    this.#log = log;
    this.#tokenOf = tokenOf;
    this.#onExpired = onExpired;
  }

  login(email, password) { return this.#run("login", [email, password], { email }); }
  register(email, password) { return this.#run("register", [email, password], { email }); }
  me() { return this.#signedIn("me"); }
  users() { return this.#signedIn("users"); }
  addUser(email, password) { return this.#run("addUser", [this.#tokenOf(), email, password], { email }); }
  removeUser(id) { return this.#signedIn("removeUser", id); }
  create(repository, document) { return this.#signedIn("create", repository, document); }
  list(repository, params) { return this.#signedIn("list", repository, params); }
  query(repository, filters, params) { return this.#signedIn("query", repository, filters, params); }
  update(repository, id, changes) { return this.#signedIn("update", repository, id, changes); }
  increase(repository, id, field, by) { return this.#signedIn("increase", repository, id, field, by); }
  remove(repository, id) { return this.#signedIn("delete", repository, id); }

  #signedIn(name, ...args) { return this.#run(name, [this.#tokenOf(), ...args], { arguments: args }); }

  async #run(name, args, shown) {
    const began = performance.now();
    const { ok, content } = await this.#client[name](...args);
    const milliseconds = Math.round(performance.now() - began);
    const signsIn = name === "login" || name === "register";
    if (ok) {
      // The answer to a sign-in is a credential and stays out of the log.
      this.#log.http(name, { ...shown, answer: signsIn ? "a session token" : content, milliseconds });
      return content;
    }
    const text = content instanceof Error ? "The server can’t be reached." : content || "The server refused without a reason.";
    this.#log.http(name, { ...shown, error: text, milliseconds }, { failed: true });
    if (text === "invalid token" && !signsIn) this.#onExpired();
    throw new Error(text);
  }
}
