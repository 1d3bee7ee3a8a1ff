import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

const Rooms = "rooms_766_";

/** The collaborative editor of the product's examples: two pages, their users in different accounts. */
export default async function collaboration({ step, transport, ...server }) {
  const owner = await new Person(server, "Owner").register();
  const guest = await new Person(server, "Guest").register();
  const { types } = owner.bkn;

  await step("the owner creates a room and follows it", async () => {
    await owner.connect(transport);
    await owner.join(`db-${Rooms}`);
    owner.room = await owner.call("create", owner.token, Rooms, { code: `room-${crypto.randomUUID()}`, title: "untitled", members: ["owner"] });
    same(JSON.parse((await owner.expect("db_created")).data), owner.room, "document of the event");
    await owner.join(owner.room.id);
  });

  await step("the other account's guest finds the room by its code", async () => {
    await guest.connect(transport);
    await guest.join(`db-${Rooms}`);
    const page = await guest.call("query", guest.token, Rooms, [["code", "==", owner.room.code]]);
    same(page.results, [owner.room], "rooms found");
    guest.room = page.results[0];
    await guest.join(guest.room.id);
  });

  await step("the guest's update changes the owner's title", async () => {
    // As the example does: the whole document is sent back, with its id and the other's account.
    const changed = { ...guest.room, title: "our room", members: ["owner", "guest"] };
    same(await guest.call("update", guest.token, Rooms, guest.room.id, changed), changed, "answer to the update");
    for (const person of [owner, guest]) same(JSON.parse((await person.expect("db_updated")).data), changed, `document at ${person.name}`);
  });

  await step("what one types the other sees", async () => {
    const typed = JSON.stringify({ kind: "text", text: "Bonjour à tous" });
    guest.send(types.chanIn, typed, guest.room.id);
    await guest.expectSent();
    same((await owner.expect("chan_out")).data, typed, "text at the owner");
  });

  await step("the owner's control message comes back to the owner", async () => {
    const control = JSON.stringify({ kind: "control", to: "guest" });
    owner.send(types.chanIn, control, owner.room.id);
    const { out } = await owner.expectSent();
    same([out.data, out.sid, out.channel], [control, owner.sid, owner.room.id], "chan_out at the owner");
    const at = await guest.expect("chan_out");
    check(at.data === control && at.sid === owner.sid, `the guest got ${JSON.stringify(at)}`);
  });

  await step("nothing else was received", async () => {
    await owner.expectNothing();
    await guest.expectNothing();
  });

  owner.close();
  guest.close();
}
