const RetryDelays = [500, 1000, 2000, 4000, 8000];
const FinalCodes = new Set([1000, 1008, 1009, 1013, 4002]);
const BeginAnew = 1011;
const Leaving = 4000;
const MaxWaiting = 1000;

// The browser's own, whatever stands in its place later.
const { WebSocket } = globalThis;

/**
 * A WebSocket that comes back by itself and goes on where it was: after a cut every message arrives once and in order, and
 * the client on top of it doesn't notice (protocol 1.9). If the server can't go on, the client gets another `init`.
 *
 * Events beside those of a WebSocket: `reconnecting` (detail: code, delay) and `resumed`. `close` comes only when it is over.
 * What was sent right before a cut may not have reached the server; what is sent during one waits.
 */
export class ResumingSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  #url;
  #socket = null;
  #lastId = "";
  #isAnswered = false;
  #firstInit = null;
  #waiting = [];
  #attempt = 0;
  #retry = null;
  #hasBeenOpen = false;
  #comeBack = () => this.#reopen();

  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;

  /** `CONNECTING` also while it is on its way back: what is sent then waits. */
  readyState = ResumingSocket.CONNECTING;

  constructor(url) {
    super();
    this.#url = url;
    for (const type of ["open", "message", "error", "close"]) this.addEventListener(type, (event) => this[`on${type}`]?.(event));
    // A network that has changed leaves sockets behind that look alive for minutes.
    globalThis.addEventListener?.("online", this.#comeBack);
    this.#open();
  }

  /** Sends a frame, or keeps it until the session goes on. */
  send(data) {
    if (this.readyState === ResumingSocket.OPEN) this.#socket.send(data);
    else if (this.readyState === ResumingSocket.CONNECTING && this.#waiting.length < MaxWaiting) this.#waiting.push(data);
  }

  /** Ends the session: nobody comes back to it. */
  close(code = 1000, reason = "") {
    this.#detach()?.close(code, reason);
    this.#end(code, reason);
  }

  #open() {
    this.readyState = ResumingSocket.CONNECTING;
    this.#isAnswered = false;
    this.#firstInit = null;
    const socket = this.#socket = new WebSocket(this.#url);
    socket.onopen = () => socket.send(JSON.stringify({ type: "resume", data: this.#lastId }));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
  }

  #receive(data) {
    const { id, ...message } = JSON.parse(data);
    if (id) this.#lastId = id;
    if (this.#isAnswered) {
      if (message.type !== "heartbeat") this.#pass(message);
    } else if (message.type === "init" && !this.#firstInit) {
      this.#firstInit = message;
    } else {
      this.#answered(message);
    }
  }

  /** What came before it was for a client that resumes nothing. */
  #answered(message) {
    this.#isAnswered = true;
    this.#attempt = 0;
    this.readyState = ResumingSocket.OPEN;
    const waiting = this.#waiting.splice(0);
    if (message.type === "resumed") {
      waiting.forEach((data) => this.#socket.send(data));
      this.dispatchEvent(new CustomEvent("resumed"));
      return;
    }
    if (!this.#hasBeenOpen) {
      this.#hasBeenOpen = true;
      this.dispatchEvent(new Event("open"));
    }
    // A server that knows nothing of this says so, and its first `init` counts.
    const isUnknown = message.type === "error" && message.data.endsWith("command not found");
    this.#pass(isUnknown ? this.#firstInit : message);
  }

  #pass(message) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  #closed(code, reason) {
    this.#detach();
    if (FinalCodes.has(code)) return this.#end(code, reason);
    if (code === BeginAnew) this.#lastId = "";
    this.readyState = ResumingSocket.CONNECTING;
    const delay = RetryDelays[Math.min(this.#attempt++, RetryDelays.length - 1)] * (0.5 + Math.random());
    this.#retry = setTimeout(() => this.#open(), delay);
    this.dispatchEvent(new CustomEvent("reconnecting", { detail: { code, delay } }));
  }

  #reopen() {
    // Not 1000 and not without a code: that would end the session.
    this.#detach()?.close(Leaving);
    this.#open();
  }

  #end(code, reason) {
    if (this.readyState === ResumingSocket.CLOSED) return;
    this.readyState = ResumingSocket.CLOSED;
    this.#waiting = [];
    globalThis.removeEventListener?.("online", this.#comeBack);
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: true }));
  }

  #detach() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }
}

/** Lets the published client's `connectWS` open such a socket: it takes whatever `WebSocket` is at that moment. */
export function connectResuming(client, ...args) {
  globalThis.WebSocket = ResumingSocket;
  try {
    client.connectWS(...args);
  } finally {
    globalThis.WebSocket = WebSocket;
  }
}
