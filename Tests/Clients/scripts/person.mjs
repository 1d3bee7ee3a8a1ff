import { check, same, within } from "./check.mjs";

const Members = ["sid", "type", "data", "channel", "token"];

/**
 * Somebody who uses the published client: one `Backend` instance, the user it signs in, and every message that the
 * application behind it would see, in order. Runs in Node.js and in browsers.
 */
export class Person {
  #messages = [];
  #waiting = [];
  #authenticated = [];

  constructor({ Backend, url, publicKey }, name) {
    this.name = name;
    this.url = url;
    this.bkn = new Backend(publicKey, url);
    this.email = `${name.toLowerCase()}-${crypto.randomUUID()}@example.com`;
    this.password = "a password";
  }

  /** The sid of the newest connection, as the client keeps it. */
  get sid() { return this.bkn.wsId; }

  /** How often `onAuth` was called. */
  get timesAuthenticated() { return this.#authenticated.length; }

  onAuth = (token) => {
    this.#authenticated.push(token);
    this.#wake();
  };

  onMessage = (payload) => {
    this.#messages.push(payload);
    this.#wake();
  };

  /** Calls the client's HTTP half; a refusal fails the script. */
  async call(method, ...args) {
    const { ok, content } = await within(this.bkn[method](...args), `${method} of ${this.name}`);
    check(ok, `${method} of ${this.name} was refused: ${content}`);
    return content;
  }

  /** Calls what must be refused, and returns the server's sentence. */
  async refused(method, ...args) {
    const { ok, content } = await within(this.bkn[method](...args), `${method} of ${this.name}`);
    check(!ok, `${method} of ${this.name} was not refused`);
    return content;
  }

  /** Calls what this version of the client has no method for. */
  async http(method, path, token, body) {
    const response = await within(fetch(this.url + path, {
      method,
      headers: { "SB-PUBLIC-KEY": this.bkn.pubKey, "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    }), `${method} ${path}`);
    const text = await response.text();
    check(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  async register() {
    this.token = await this.call("register", this.email, this.password);
    return this;
  }

  /** Opens a connection without waiting for anything but the transport. */
  async open(transport, token = this.token) {
    this.transport = transport;
    if (transport === "sse") return this.bkn.connect(token, this.onAuth, this.onMessage);
    this.bkn.connectWS(token, this.onAuth, this.onMessage);
    await within(new Promise((resolve) => this.bkn.ws.addEventListener("open", resolve)), `${this.name}'s WebSocket to open`);
  }

  /** Opens a connection and waits for `onAuth`. Over a WebSocket the application sends `auth` itself: the client can't. */
  async connect(transport, token = this.token) {
    await this.open(transport, token);
    if (transport === "ws") this.send("auth", token);
    return this.authenticated();
  }

  /** The token that `onAuth` was called with, for the first time or for the `count`-th. */
  authenticated(count = 1) {
    return this.#until(() => this.#authenticated.length >= count, `${this.name}'s onAuth`, () => this.#authenticated[count - 1]);
  }

  /** Sends a command over the transport that `open` chose. */
  send(type, data, channel) {
    const sent = this.transport === "ws" ? this.bkn.sendWS(type, data, channel) : this.bkn.send(type, data, channel);
    check(sent === true, `${this.name} could not send ${type}`);
  }

  /** The next message that the application sees: exactly five members, all strings, never a token. */
  async next(what = "a message") {
    const message = await this.#until(() => this.#messages.length > 0, `${what} at ${this.name}`, () => this.#messages.shift());
    same(Object.keys(message), Members, `members of ${JSON.stringify(message)}`);
    check(Object.values(message).every((value) => typeof value === "string"), `not only strings: ${JSON.stringify(message)}`);
    same(message.token, "", "token of a message");
    return message;
  }

  /** The next message, which must have a type. */
  async expect(type) {
    const message = await this.next(type);
    check(message.type === type, `${this.name} expected ${type}, got ${JSON.stringify(message)}`);
    return message;
  }

  /** The next two messages: `ok` and `chan_out`, whose order is nobody's to rely on. */
  async expectSent() {
    const messages = [await this.next("ok or chan_out"), await this.next("ok or chan_out")];
    const [out, ok] = messages.sort((a, b) => (a.type < b.type ? -1 : 1));
    same([ok.type, out.type], ["ok", "chan_out"], `what ${this.name} receives after sending`);
    return { ok, out };
  }

  async join(channel) {
    this.send("join", channel);
    const joined = await this.expect("joined");
    same(joined.data, channel, "data of joined");
    return joined;
  }

  /** Shows that nothing is waiting: an echo that is sent now is the next message. */
  async expectNothing() {
    const marker = crypto.randomUUID();
    this.send("echo", marker);
    const message = await this.next("an echo");
    check(message.data === `echo: ${marker}`, `${this.name} expected nothing, got ${JSON.stringify(message)}`);
  }

  close() {
    this.bkn.sseClient?.close();
    this.bkn.ws?.close();
  }

  #until(condition, what, result) {
    const done = new Promise((resolve) => {
      const look = () => {
        if (!condition()) return false;
        resolve(result());
        return true;
      };
      if (!look()) this.#waiting.push(look);
    });
    return within(done, what);
  }

  #wake() {
    this.#waiting = this.#waiting.filter((look) => !look());
  }
}
