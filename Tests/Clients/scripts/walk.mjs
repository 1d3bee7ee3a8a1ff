import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

const Channel = "25ti97wIt56swf5210aPo854Uoma";

/** The original document from top to bottom: each of its examples, as it is written there. */
export default async function walk({ step, transport, ...server }) {
  const me = await new Person(server, "Dominic").register();
  const other = await new Person(server, "Emma").register();
  const { types } = me.bkn;

  await step("connect calls onAuth with the session token", async () => {
    same(await me.connect(transport), me.token, "token given to onAuth");
  });

  await step("echo answers with the document's JSON", async () => {
    me.send(types.echo, "hello");
    const text = JSON.stringify(await me.expect("echo"));
    same(text, `{"sid":"${me.sid}","type":"echo","data":"echo: hello","channel":"","token":""}`, "echo");
  });

  await step("a wrong session token is answered with invalid token", async () => {
    const stranger = new Person(server, "Stranger");
    await stranger.open(transport, "not-a-session-token");
    if (transport === "ws") stranger.send(types.auth, "not-a-session-token");
    const error = await stranger.expect("error");
    same(error, { sid: stranger.sid, type: "error", data: "invalid token", channel: "", token: "" }, "error");
    stranger.send(types.join, Channel);
    same((await stranger.expect("error")).data, "invalid token", "join of who is not authenticated");
    same(stranger.timesAuthenticated, 0, "calls of onAuth");
    stranger.close();
  });

  await step("join is confirmed with the channel's name", async () => {
    const joined = await me.join(Channel);
    same([joined.sid, joined.data], [me.sid, Channel], "sid and data of joined");
  });

  await step("a channel message is answered with ok and reaches all members", async () => {
    await other.connect(transport);
    await other.join(Channel);
    me.send(types.chanIn, "hello all", Channel);
    const expected = { sid: me.sid, type: "chan_out", data: "hello all", channel: Channel, token: "" };
    same((await me.expectSent()).out, expected, "chan_out at the sender");
    same(await other.expect("chan_out"), expected, "chan_out at the other member");
  });

  await step("a JSON object inside a message arrives unchanged", async () => {
    const payload = { name: "dominic", message: "hello from Québec", sentAt: new Date() };
    const text = JSON.stringify(payload);
    me.send(types.chanIn, text, Channel);
    await me.expectSent();
    const { data } = await other.expect("chan_out");
    check(data === text, `expected ${text}, got ${data}`);
    same(JSON.parse(data).message, "hello from Québec", "message");
  });

  let task;
  await step("a created document arrives in full", async () => {
    await me.join("db-tasks_760_");
    task = await me.call("create", me.token, "tasks_760_", { name: "new doc", city: "Québec", done: false });
    const event = await me.expect("db_created");
    same([event.sid, event.channel], [me.sid, "db-tasks_760_"], "sid and channel of the event");
    same(JSON.parse(event.data), task, "document of the event");
    same([task.name, task.city, task.done], ["new doc", "Québec", false], "fields of the document");
    check(task.id && task.accountId, "a document has an id and an accountId");
  });

  await step("an updated document arrives in full", async () => {
    const answer = await me.call("update", me.token, "tasks_760_", task.id, { done: true });
    const event = await me.expect("db_updated");
    same(event.channel, "db-tasks_760_", "channel of the event");
    same(JSON.parse(event.data), { ...task, done: true }, "document of the event");
    same(answer, { ...task, done: true }, "answer to the update");
    same(await me.call("getById", me.token, "tasks_760_", task.id), answer, "document read again");
  });

  await step("of a deleted document only the id arrives", async () => {
    same(await me.call("delete", me.token, "tasks_760_", task.id), 1, "answer to the delete");
    const event = await me.expect("db_deleted");
    same(event.channel, "db-tasks_760_", "channel of the event");
    same(JSON.parse(event.data), task.id, "data of the event");
  });

  await step("sending into a database channel is an error", async () => {
    me.send(types.chanIn, "hello all", "db-tasks_760_");
    same((await me.expect("error")).data, "you cannot write to database channel", "error");
  });

  await step("nothing else was received", async () => {
    // Whoever was left out above would still find what was not meant for it before this message.
    me.send(types.chanIn, "the last one", Channel);
    await me.expectSent();
    same((await other.expect("chan_out")).data, "the last one", "last message");
    await me.expectNothing();
    await other.expectNothing();
  });

  me.close();
  other.close();
}
