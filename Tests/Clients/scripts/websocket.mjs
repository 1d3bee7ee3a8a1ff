import { same } from "./check.mjs";
import { Person } from "./person.mjs";

/** Acceptance row 88, and the other way that works: an application that called both `connect` and `connectWS`. */
export default async function websocket({ step, ...server }) {
  const me = await new Person(server, "Socket").register();

  await step("connectWS alone does not authenticate", async () => {
    await me.open("ws");
    await me.expectNothing();
    me.send("join", "room");
    same((await me.expect("error")).data, "invalid token", "join");
    same(me.timesAuthenticated, 0, "calls of onAuth");
  });

  await step("sendWS of auth calls onAuth with the token", async () => {
    me.send("auth", me.token);
    same(await me.authenticated(), me.token, "token given to onAuth");
    same(me.bkn.wsToken, me.token, "token that the client keeps");
  });

  await step("join and chan_in work", async () => {
    await me.join("room");
    me.send("chan_in", "hello all", "room");
    same((await me.expectSent()).out.data, "hello all", "chan_out");
  });

  await step("the token of the reply works for HTTP", async () => {
    const document = await me.call("create", me.bkn.wsToken, "notes_700_", { text: "by WebSocket" });
    same(document.text, "by WebSocket", "document");
  });

  await step("with connect called as well the client authenticates the WebSocket itself", async () => {
    const both = await new Person(server, "Both").register();
    await both.connect("sse");
    const stream = both.sid;
    await both.open("ws");
    same(await both.authenticated(2), both.token, "token given to onAuth");
    same(both.sid === stream, false, "whether the sid stayed that of the stream");
    await both.join("room");
    both.send("chan_in", "over the socket", "room");
    same((await both.expectSent()).out.sid, both.sid, "sid of chan_out");
    same((await me.expect("chan_out")).data, "over the socket", "chan_out");
    both.close();
  });

  me.close();
}
