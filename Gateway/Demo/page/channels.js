import { $, atEnd, clock, el, guarded, hueOf, toast } from "./dom.js";
import { remember, session } from "./session.js";

const MaxMessages = 200;
const PollEvery = 5_000;

/** The channels panel: joined channels as tabs, one chat view for the selected one. */
export class ChannelsPanel {
  #connection;
  #channels = new Map();
  #active = null;

  constructor(connection) {
    this.#connection = connection;
    $("join").addEventListener("submit", guarded(() => {
      const name = $("channel-name").value;
      if (name && this.join(name)) $("channel-name").value = "";
    }));
    $("join-lobby").addEventListener("click", () => this.join("lobby"));
    $("composer").addEventListener("submit", guarded(() => this.#say()));
    $("channel-leave").addEventListener("click", () => connection.send("leave", this.#active));
    $("presence-refresh").addEventListener("click", () => connection.send("presence", this.#active));
    $("channel-tabs").addEventListener("keydown", (event) => this.#moveByKey(event));
    setInterval(() => {
      if (!document.hidden && connection.state === "ready" && this.#channels.get(this.#active)?.joined) connection.send("presence", this.#active, undefined, { poll: true });
    }, PollEvery);
  }

  join(name) {
    const { state } = this.#connection;
    if (state === "closed" || state === "off") {
      toast("There is no open connection.", "error");
      return false;
    }
    // Earlier than that there is nobody to join as; `rejoin` follows as soon as there is.
    if (state === "ready" || state === "reconnecting") this.#connection.send("join", name);
    if (!this.#channels.has(name)) this.#channels.set(name, { joined: false, count: null, unread: 0, messages: [] });
    this.#select(name);
    return true;
  }

  /** After every authentication: memberships of an earlier session are gone, so join again. */
  rejoin() {
    for (const name of this.#channels.keys()) this.#connection.send("join", name);
  }

  /** Brings back the tabs of before a reload; `rejoin` fills them with life. */
  restore() {
    for (const name of session.channels) this.#channels.set(name, { joined: false, count: null, unread: 0, messages: [] });
    this.#select(this.#channels.has(session.active) ? session.active : session.channels[0] ?? null);
  }

  /** The memberships are gone: another session, or none. */
  lost() {
    for (const channel of this.#channels.values()) Object.assign(channel, { joined: false, count: null });
    this.#render();
  }

  clear() {
    this.#channels.clear();
    this.#active = null;
    this.#render();
  }

  receive({ type, sid, data, channel: name }) {
    const channel = this.#channels.get(name || data);
    if (!channel) return;
    if (type === "joined") {
      channel.joined = true;
      this.#connection.send("presence", name || data, undefined, { poll: true });
    } else if (type === "left") {
      this.#channels.delete(name || data);
      if (this.#active === (name || data)) this.#active = [...this.#channels.keys()].at(-1) ?? null;
      return this.#select(this.#active);
    } else if (type === "presence") {
      channel.count = data;
    } else if (type === "chan_out") {
      this.#add(name, channel, { sid, text: data, own: sid === this.#connection.sid, at: clock(new Date(), false) });
    } else if (type.startsWith("db_")) {
      this.#add(name, channel, { sid: "", text: `${type}  ${data}`, own: false, event: true, at: clock(new Date(), false) });
    } else {
      return;
    }
    this.#render();
  }

  /** What the server refuses may be a join that is still waiting here; such a tab goes away. */
  refused(text) {
    if (!["invalid channel name", "too many channels", "no channel was specified"].includes(text)) return;
    const waiting = [...this.#channels].find(([, channel]) => !channel.joined)?.[0];
    if (waiting === undefined) return;
    this.#channels.delete(waiting);
    this.#select(this.#channels.has(this.#active) ? this.#active : [...this.#channels.keys()].at(-1) ?? null);
  }

  #say() {
    const input = $("chat-input");
    if (!input.value || !this.#active) return;
    if (this.#connection.send("chan_in", input.value, this.#active)) input.value = "";
    else toast("There is no open connection.", "error");
    input.focus();
  }

  #add(name, channel, message) {
    channel.messages.push(message);
    if (channel.messages.length > MaxMessages) channel.messages.shift();
    if (name !== this.#active) {
      channel.unread++;
      return;
    }
    const list = $("messages");
    const follow = atEnd(list) || message.own;
    list.append(bubble(message, channel.messages.at(-2)));
    while (list.children.length > MaxMessages) list.firstElementChild.remove();
    if (follow) list.scrollTop = list.scrollHeight;
  }

  #select(name) {
    this.#active = name;
    const channel = this.#channels.get(name);
    if (channel) {
      channel.unread = 0;
      $("messages").replaceChildren(...channel.messages.map((message, i) => bubble(message, channel.messages[i - 1])));
    }
    remember({ channels: [...this.#channels.keys()], active: name });
    this.#render();
    $("messages").scrollTop = $("messages").scrollHeight;
    if (channel?.joined) this.#connection.send("presence", name, undefined, { poll: true });
  }

  #render() {
    const tabs = $("channel-tabs");
    const focused = tabs.contains(document.activeElement);
    tabs.replaceChildren(...[...this.#channels].map(([name, channel]) => this.#tab(name, channel)));
    if (focused) tabs.querySelector("[aria-selected=true]")?.focus();
    const channel = this.#channels.get(this.#active);
    $("chat").hidden = !channel;
    $("no-channel").hidden = Boolean(channel);
    if (!channel) return;
    $("channel-title").textContent = this.#active;
    $("presence-count").textContent = channel.count ?? "–";
    $("presence-refresh").dataset.joined = channel.joined;
  }

  #tab(name, channel) {
    const selected = name === this.#active;
    return el("button", {
      class: "tab", testid: "channel-tab", role: "tab", type: "button", "aria-selected": String(selected), "aria-controls": "chat",
      tabindex: selected ? "0" : "-1", data: { channel: name, status: channel.joined ? "joined" : "joining" },
      on: { click: () => this.#select(name) },
    },
    el("span", { class: "clip" }, name),
    channel.unread ? el("span", { class: "unread", testid: "channel-unread", "aria-label": `${channel.unread} unread` }, String(channel.unread)) : null);
  }

  #moveByKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const names = [...this.#channels.keys()];
    if (!step || names.length < 2) return;
    event.preventDefault();
    this.#select(names.at((names.indexOf(this.#active) + step) % names.length));
  }
}

function bubble(message, previous) {
  const sameSpeaker = previous && previous.sid === message.sid && previous.own === message.own;
  // All that the server says about a sender is its connection's id, so that is the name here.
  const speaker = message.own ? "you" : message.event ? "document event" : message.sid ? message.sid.slice(0, 8) : "server";
  const node = el("li", {
    class: `message${sameSpeaker ? " follows" : ""}${message.event ? " event" : ""}`, testid: "chat-message",
    data: { own: message.own, sid: message.sid },
  },
  sameSpeaker ? null : el("span", { class: "speaker", title: message.sid }, speaker),
  el("span", { class: "text", testid: "chat-text" }, message.text),
  el("time", {}, message.at));
  node.style.setProperty("--hue", hueOf(message.sid));
  return node;
}
