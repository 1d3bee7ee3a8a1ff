import { connectResuming, ResumingSocket } from "./resuming-socket.js";

const FinalCloses = { 1000: "closed", 1008: "refused by policy", 1009: "a message was too large", 1013: "the plan’s connection limit is reached", 4002: "the session continues elsewhere" };
const OtherCloses = { 1001: "the server is going away", 1006: "the connection was lost", 1011: "the server failed", 4001: "this client read too slowly" };

/**
 * One realtime connection through the published client, over either transport.
 *
 * Events: `state` (detail: state, reason), `ready` (authenticated; join now), `message` (detail: the payload).
 * The client hides `init` and `token` from applications and exposes no state, so this class also listens to the
 * transports underneath (`bkn.sseClient`, `bkn.ws`): for the log, the status and the own sid, never to change them.
 */
export class Connection extends EventTarget {
  #client = null;
  #transport = "sse";
  #settings = null;
  #resumeNote = null;
  #polls = new Map();
  #sid = null;
  #authenticated = false;
  #log;

  /** What the status pill shows: off, connecting, authenticating, ready, reconnecting or closed. */
  state = "off";

  constructor(log) {
    super();
    this.#log = log;
  }

  /** The connection's own id, as the server gave it in `init`. */
  get sid() { return this.#sid; }

  get transport() { return this.#transport; }

  /** Opens a connection; one that is open is closed first. `settings`: Backend, publicKey, region, transport, token. */
  open(settings) {
    this.close();
    this.#settings = settings;
    this.#transport = settings.transport;
    this.#start();
  }

  /** Ends the connection for good. */
  close() {
    clearTimeout(this.#resumeNote);
    const client = this.#client;
    this.#client = null;
    this.#sid = null;
    this.#authenticated = false;
    this.#polls.clear();
    client?.sseClient?.close();
    client?.ws?.close(1000);
    this.#enter("off");
  }

  /** Opens again with the settings of the last time. */
  reopen() { this.open(this.#settings); }

  /** Sends a command; false when there is no connection to send it on. `poll` marks what no human asked for. */
  send(type, data, channel, { poll = false } = {}) {
    const client = this.#client;
    // Either transport takes commands while it reconnects.
    const open = (this.#transport === "ws" ? client?.ws : client?.sseClient)?.readyState < ResumingSocket.CLOSING;
    if (!open || (this.#transport === "ws" ? client.sendWS(type, data, channel) : client.send(type, data, channel)) === false) {
      this.#log.note("not sent: there is no open connection", { type, data, channel });
      return false;
    }
    if (poll) this.#polls.set(data, (this.#polls.get(data) ?? 0) + 1);
    this.#log.sent({ sid: this.sid, type, data: type === "auth" ? mask(data) : data, ...(channel === undefined ? {} : { channel }) }, { poll });
    return true;
  }

  #start() {
    const { Backend, publicKey, region, token } = this.#settings;
    const client = this.#client = new Backend(publicKey, region);
    this.#enter("connecting");
    const onAuth = () => { if (client === this.#client) this.#ready(); };
    const onMessage = (payload) => { if (client === this.#client) this.#emit("message", payload); };
    if (this.#transport === "ws") {
      connectResuming(client, token, onAuth, onMessage);
      this.#watchSocket(client);
    } else {
      client.connect(token, onAuth, onMessage);
      this.#watchStream(client);
    }
  }

  #ready() {
    this.#authenticated = true;
    this.#enter("ready");
    this.#emit("ready");
  }

  #watchSocket(client) {
    const mine = () => client === this.#client;
    client.ws.addEventListener("message", (event) => mine() && this.#observe(event.data), { capture: true });
    client.ws.addEventListener("reconnecting", ({ detail: { code } }) => {
      if (!mine()) return;
      const reason = OtherCloses[code] ?? "closed";
      this.#log.note(`the WebSocket closed with ${code}: ${reason}; it reconnects`, { code, reason });
      this.#enter("reconnecting", reason);
    });
    client.ws.addEventListener("resumed", () => mine() && this.#resumed());
    client.ws.addEventListener("close", ({ code }) => {
      if (!mine()) return;
      const reason = FinalCloses[code] ?? "closed";
      this.#log.note(`the WebSocket closed with ${code}: ${reason}`, { code, reason });
      this.#enter("closed", reason);
    });
  }

  #watchStream(client) {
    const mine = () => client === this.#client;
    const stream = client.sseClient;
    // Captured, so that the log shows a message before whatever the client answers to it.
    stream.addEventListener("message", (event) => mine() && this.#observe(event.data), { capture: true });
    stream.addEventListener("open", () => {
      if (!mine() || !this.#authenticated) return;
      // An `init` would come at once. None means: same session, same memberships, nothing missed.
      this.#resumeNote = setTimeout(() => this.#resumed(), 400);
    });
    stream.addEventListener("error", () => {
      if (!mine()) return;
      clearTimeout(this.#resumeNote);
      if (stream.readyState === EventSource.CLOSED) {
        // A status other than 200 is final in a browser, and its text can't be read here.
        const reason = "refused: unknown public key, or the plan’s connection limit is reached";
        this.#log.note(`the stream was ${reason}`, {});
        this.#enter("closed", reason);
      } else if (this.state !== "reconnecting") {
        this.#log.note("the stream ended; the browser reconnects", { sid: this.sid });
        this.#enter("reconnecting");
      }
    });
  }

  #resumed() {
    this.#log.note("resumed: the session goes on, nothing was missed", { sid: this.sid });
    this.#enter("ready");
  }

  #observe(text) {
    let payload;
    try {
      payload = JSON.parse(text);
    } catch {
      return this.#log.note("received something that is not JSON", { text });
    }
    const poll = payload.type === "presence" && this.#takePoll(payload.channel || payload.data);
    this.#log.received(payload.type === "token" ? { ...payload, data: mask(payload.data) } : payload, { poll });
    if (payload.type !== "init") return;
    this.#sid = payload.data;
    this.#polls.clear();
    clearTimeout(this.#resumeNote);
    this.#enter("authenticating");
    if (this.#transport === "sse") {
      this.#log.sent({ sid: payload.data, type: "auth", data: mask(this.#settings.token) }, { by: "the client itself" });
    } else {
      // connectWS authenticates through the client's SSE half, which isn't there; an application does it itself, when the
      // client has seen the `init`, too.
      queueMicrotask(() => this.send("auth", this.#settings.token));
    }
  }

  #takePoll(channel) {
    const count = this.#polls.get(channel) ?? 0;
    if (count) this.#polls.set(channel, count - 1);
    return count > 0;
  }

  #enter(state, reason = "") {
    this.state = state;
    this.#emit("state", { state, reason });
  }

  #emit(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

/** A session token is a credential: the log, which ends up in screenshots, shows its beginning only. */
function mask(token) {
  const text = String(token ?? "");
  return text.length > 12 ? `${text.slice(0, 8)}…` : text;
}
