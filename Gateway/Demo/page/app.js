import { AccountPanel, signInForm } from "./account.js";
import { Api } from "./api.js";
import { ChannelsPanel } from "./channels.js";
import { Connection } from "./connection.js";
import { DocumentsPanel } from "./documents.js";
import { $, guarded, toast } from "./dom.js";
import { MessageLog } from "./log.js";
import { forget, remember, session } from "./session.js";

const StateNames = { off: "Signed out", connecting: "Connecting", authenticating: "Signing in", ready: "Connected", reconnecting: "Reconnecting", closed: "Disconnected" };
const TransportNames = { sse: "SSE", ws: "WebSocket" };

/** Wires the panels to one connection of the published client. */
export function start(Backend) {
  const region = regionOf(location.origin);
  const log = new MessageLog();
  const connection = new Connection(log);
  const newApi = () => new Api({ client: new Backend(session.publicKey, region), log, tokenOf: () => session.token, onExpired: () => signOut("Your session has ended; please sign in again.") });
  let api = newApi();
  const apiOf = () => api;

  const account = new AccountPanel(apiOf, () => signOut());
  const channels = new ChannelsPanel(connection);
  const documents = new DocumentsPanel(apiOf, connection, account);

  const connect = () => connection.open({ Backend, publicKey: session.publicKey, region, transport: session.transport, token: session.token });

  async function signedIn() {
    await account.load();
    show(true);
    channels.restore();
    connect();
  }

  function signOut(reason) {
    if (!session.token) return;
    forget();
    connection.close();
    account.clear();
    channels.clear();
    documents.clear();
    show(false);
    $("auth-error").textContent = reason ?? "";
    $("email").focus();
  }

  /** Expired, its user removed, or only a wrong command from the log's form: the API knows which. */
  function tokenRefused() {
    if (connection.state !== "ready") return signOut("The server no longer accepts this session; please sign in again.");
    api.me().catch(() => { /* `onExpired` has signed out, or the server is away and the connection says so. */ });
  }

  connection.addEventListener("state", ({ detail }) => {
    showStatus(connection, detail);
    documents.online(detail.state === "ready");
    // While it reconnects, a session may yet resume with all its memberships.
    if (detail.state === "ready" || detail.state === "reconnecting") return;
    channels.lost();
    documents.lost();
  });
  connection.addEventListener("ready", () => {
    channels.rejoin();
    guarded(() => documents.ready())();
  });
  connection.addEventListener("message", ({ detail: payload }) => {
    if (payload.type === "error") {
      toast(payload.data, "error");
      channels.refused(payload.data);
      if (payload.data === "invalid token") tokenRefused();
      return;
    }
    channels.receive(payload);
    documents.receive(payload);
  });

  signInForm(apiOf, async (token) => {
    remember({ token });
    try {
      await signedIn();
    } catch (error) {
      forget();
      throw error;
    }
  });
  log.onCommand((type, data, channel) => {
    if (!connection.send(type, data, channel)) toast("There is no open connection.", "error");
  });

  $("region").textContent = location.host;
  $("public-key").value = session.publicKey;
  $("public-key").addEventListener("change", ({ target }) => {
    // A key stands in an address without being escaped, so it can only hold what needs no escaping.
    const publicKey = target.value = target.value.replace(/[^\w-]/g, "") || "dev_memory_pk";
    if (publicKey === session.publicKey) return;
    remember({ publicKey });
    api = newApi();
    signOut("The database changed: its users are others. Please sign in.");
  });
  for (const radio of document.getElementsByName("transport")) {
    radio.checked = radio.value === session.transport;
    radio.addEventListener("change", () => {
      remember({ transport: radio.value });
      if (session.token) connect();
      else showStatus(connection, { state: "off" });
    });
  }
  $("reconnect").addEventListener("click", () => connection.reopen());

  show(Boolean(session.token));
  if (session.token) {
    signedIn().catch((error) => {
      toast(error.message, "error");
      if (!session.token) return;
      channels.restore();
      connect();
    });
  }
}

function show(signedIn) {
  $("welcome").hidden = signedIn;
  $("workspace").hidden = !signedIn;
  document.body.classList.toggle("signed-in", signedIn);
}

function showStatus(connection, { state, reason }) {
  const pill = $("status");
  pill.dataset.state = state;
  pill.dataset.transport = connection.transport;
  pill.dataset.sid = connection.sid ?? "";
  pill.title = reason ?? "";
  $("status-text").textContent = StateNames[state];
  $("status-transport").textContent = state === "ready" ? `· ${TransportNames[connection.transport]}` : "";
  const sid = $("status-sid");
  sid.hidden = !connection.sid;
  sid.textContent = connection.sid?.slice(0, 8) ?? "";
  sid.title = `Connection id (sid): ${connection.sid}`;
  $("reconnect").hidden = state !== "closed";
  if (state === "closed") toast(`Disconnected: ${reason}.`, "error");
}

/** The client takes a region of fewer than ten characters for a data centre's name; the server ignores repeated slashes. */
function regionOf(origin) {
  return origin.padEnd(10, "/");
}
