import { same } from "./check.mjs";
import { Person } from "./person.mjs";

/** The chat guide waits for `ok` with the channel's name, and greets whoever joins: both only with the optional setting. */
export default async function chatGuide({ step, transport, referenceReplies, ...server }) {
  const first = await new Person(server, "First").register();
  const second = await new Person(server, "Second").register();
  await first.connect(transport);
  await second.connect(transport);
  const lobby = "lobby";

  await step("joined is always the first answer", async () => {
    await first.join(lobby);
  });

  if (!referenceReplies) {
    await step("no ok follows, and the others are not told", async () => {
      await first.expectNothing();
      await second.join(lobby);
      await second.expectNothing();
      await first.expectNothing();
    });
  } else {
    await step("ok with the channel's name follows", async () => {
      same((await first.expect("ok")).data, lobby, "data of ok");
    });

    await step("the others are told who joined", async () => {
      await second.join(lobby);
      same((await second.expect("ok")).data, lobby, "data of ok");
      const { data, channel } = await first.expect("joined");
      same([data, channel], [second.sid, lobby], "data and channel of joined");
      await second.expectNothing();
    });
  }

  await step("they chat", async () => {
    first.send("chan_in", "hello", lobby);
    await first.expectSent();
    same((await second.expect("chan_out")).data, "hello", "message");
    await first.expectNothing();
  });

  first.close();
  second.close();
}
