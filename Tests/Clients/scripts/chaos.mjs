import { createInterface } from "node:readline";

const Again = 5_000;

/**
 * Clients of the chaos test, until standard input ends. Each joins its channels in `onAuth`, as every example does, and reports
 * what its application sees as one line of JSON. What it sends is read from standard input, line by line.
 */
export default async function chaos({ Backend, url, people, consoleErrors }) {
  const clients = people.map((person, number) => new Client(Backend, url, person, number));
  reportUnsent(clients);
  for await (const line of createInterface({ input: process.stdin })) {
    const { client, command } = JSON.parse(line);
    clients[client].send(command.type, command.data, command.channel);
  }

  for (const client of clients) client.close();
  consoleErrors.take();
}

class Client {
  #missing = new Set();
  #isAuthenticated = false;

  constructor(Backend, url, { publicKey, token, channels }, number) {
    this.number = number;
    this.token = token;
    this.bkn = new Backend(publicKey, url);
    this.bkn.connect(token, () => this.#onAuth(channels), (message) => this.#onMessage(message));
    this.bkn.sseClient.addEventListener("message", ({ data }) => {
      if (JSON.parse(data).type === "init") this.#begin();
    });
    this.bkn.sseClient.addEventListener("open", () => this.report({ what: "open" }));
    this.bkn.sseClient.addEventListener("error", () => this.report({ what: this.bkn.sseClient.readyState === 2 ? "closed" : "lost" }));
    this.timer = setInterval(() => this.#askAgain(), Again);
  }

  get sid() { return this.bkn.wsId; }

  report(line) { process.stdout.write(`${JSON.stringify({ client: this.number, ...line })}\n`); }

  send(type, data, channel) { this.bkn.send(type, data, channel); }

  close() {
    clearInterval(this.timer);
    this.bkn.sseClient.close();
  }

  #begin() {
    this.#isAuthenticated = false;
    this.report({ what: "init" });
  }

  #onAuth(channels) {
    this.#isAuthenticated = true;
    this.report({ what: "authenticated", sid: this.sid });
    this.#missing = new Set(channels);
    for (const channel of channels) this.send("join", channel);
  }

  #onMessage(message) {
    if (message.type === "joined") this.#missing.delete(message.data);
    // A command may fail while a process is replaced, and is given again.
    if (message.type === "error" && (this.#missing.size > 0 || !this.#isAuthenticated)) return;
    this.report({ what: "message", message });
  }

  #askAgain() {
    if (!this.#isAuthenticated && this.sid) this.send("auth", this.token);
    for (const channel of this.#missing) this.send("join", channel);
  }
}

/** The client throws the outcome of its POSTs away; the test has to know which of its messages may never have arrived. */
function reportUnsent(clients) {
  const post = globalThis.fetch;
  globalThis.fetch = async (address, options) => {
    const command = options?.method === "POST" && address.endsWith("/sse/msg") ? JSON.parse(options.body) : undefined;
    const client = command?.type === "chan_in" ? clients.find((one) => one.sid === command.sid) : undefined;
    try {
      const response = await post(address, options);
      if (!response.ok) client?.report({ what: "unsent", status: response.status });
      return response;
    } catch (error) {
      client?.report({ what: "unsent", status: 0 });
      throw error;
    }
  };
}
