import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

/**
 * The stream is cut where this script says so, and can't be resumed. The application does what every example does, it
 * joins in `onAuth`, and goes on as a new connection without noticing more than that.
 */
export default async function reconnect({ step, directUrl, consoleErrors, ...server }) {
  const me = await new Person(server, "Wanderer").register();
  const other = await new Person({ ...server, url: directUrl }, "Stayer").register();
  const onAuth = me.onAuth;
  me.onAuth = (token) => {
    onAuth(token);
    me.send("join", "room");
  };

  let before;
  await step("joins in onAuth", async () => {
    await me.connect("sse");
    same((await me.expect("joined")).data, "room", "joined");
    await other.connect("sse");
    before = me.sid;
  });

  await step("is authenticated again by itself, as another connection", async () => {
    same(await me.authenticated(2), me.token, "token given to onAuth");
    same((await me.expect("joined")).data, "room", "joined");
    check(me.sid !== before, "the sid is still that of the connection that was cut");
    same(consoleErrors.take().length, 1, "errors on the console");
  });

  await step("receives each message once", async () => {
    other.send("chan_in", "welcome back", "room");
    await other.expect("ok");
    same((await me.expect("chan_out")).data, "welcome back", "message");
    me.send("chan_in", "thank you", "room");
    await me.expectSent();
    await me.expectNothing();
    same(me.timesAuthenticated, 2, "calls of onAuth");
  });

  me.close();
  other.close();
}
