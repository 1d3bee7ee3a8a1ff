const Key = "realtime-demo";
const Defaults = { publicKey: "dev_memory_pk", transport: "sse", token: null, channels: [], active: null, repository: "tasks_760_" };

/**
 * What survives a reload of this tab. It lives in sessionStorage, not localStorage: two tabs are two people,
 * which is the point of a realtime demo.
 */
export const session = { ...Defaults, ...read() };

/** Changes some of the session and stores it. */
export function remember(changes) {
  Object.assign(session, changes);
  try {
    sessionStorage.setItem(Key, JSON.stringify(session));
  } catch {
    // Storage may be forbidden (private windows); the page then only forgets at a reload.
  }
}

/** Forgets who was signed in, and what belonged to them. */
export const forget = () => remember({ token: null, channels: [], active: null });

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(Key)) ?? {};
  } catch {
    return {};
  }
}
