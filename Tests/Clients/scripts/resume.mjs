import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

/**
 * The stream is cut where this script says so, and messages are sent while it is away. The application, which joins in
 * `onAuth` as every example does, doesn't notice.
 */
export default async function resume({ step, directUrl, consoleErrors, ...server }) {
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

  await step("messages are sent while it is away", async () => {
    for (const text of ["one", "two", "three"]) {
      other.send("chan_in", text, "room");
      await other.expect("ok");
    }
  });

  await step("receives each message once, in order", async () => {
    for (const text of ["one", "two", "three"]) same((await me.expect("chan_out")).data, text, "message");
    me.send("chan_in", "thank you", "room");
    await me.expectSent();
    await me.expectNothing();
  });

  await step("is the same connection as before, and the application has not been called", async () => {
    same(me.timesAuthenticated, 1, "calls of onAuth");
    check(me.sid === before, "the sid is another one");
    same(consoleErrors.take().length, 1, "errors on the console");
  });

  me.close();
  other.close();
}
