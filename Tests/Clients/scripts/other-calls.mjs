import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

const Repository = "places_760_";

/** The calls of client 1.7.0 that the original document doesn't mention, with the events that they cause. */
export default async function otherCalls({ step, transport, ...server }) {
  const me = await new Person(server, "Ann").register();
  await me.connect(transport);
  await me.join(`db-${Repository}`);
  const call = (method, ...args) => me.call(method, me.token, ...args);
  const names = (documents) => documents.map(({ name }) => name);
  const event = async (type) => JSON.parse((await me.expect(type)).data);

  const created = [];
  await step("createBulk announces each document in order", async () => {
    const documents = ["Québec", "Montréal", "Laval", "Québec"].map((city, i) => ({ name: `p${i}`, city, visits: i }));
    same(await call("createBulk", Repository, documents), true, "answer");
    for (const document of documents) {
      const { id, accountId, ...fields } = await event("db_created");
      same(fields, document, "document of the event");
      created.push({ ...fields, id, accountId });
    }
  });

  await step("list takes page, size and desc", async () => {
    const page = await call("list", Repository, { page: 2, size: 3, desc: true });
    same([page.page, page.size, page.total, names(page.results)], [2, 3, 4, ["p0"]], "second page, newest first");
    same((await call("list", Repository)).results, created, "all of them");
    same((await call("list", "nothing_760_")).results, [], "a repository that doesn't exist");
  });

  await step("query takes filters, page, size and desc", async () => {
    const found = await call("query", Repository, [["visits", ">=", 1], ["city", "in", ["Québec", "Laval"]]], { page: 1, size: 2, desc: true });
    same([found.total, names(found.results)], [2, ["p3", "p2"]], "places found");
    const text = await me.refused("query", me.token, Repository, [["visits", "xx", 1]]);
    check(text.includes("xx"), `the refusal doesn't name the operator: ${text}`);
  });

  await step("getByIds keeps the order of the ids", async () => {
    const ids = [created[2].id, "unknown", created[0].id];
    same(names(await call("getByIds", Repository, ids)), ["p2", "p0"], "documents");
  });

  await step("count takes filters or none", async () => {
    same(await call("count", Repository), { count: 4 }, "all");
    same(await call("count", Repository, [["city", "==", "Québec"]]), { count: 2 }, "in Québec");
  });

  await step("increase announces one change", async () => {
    same(await call("increase", Repository, created[1].id, "visits", 41), true, "answer");
    same((await event("db_updated")).visits, 42, "visits");
    await me.expectNothing();
  });

  await step("updateBulk announces each changed document", async () => {
    same(await call("updateBulk", Repository, { update: { seen: true }, clauses: [["visits", ">", 2]] }), 2, "answer");
    const changed = [await event("db_updated"), await event("db_updated")];
    same([names(changed).sort(), changed.every(({ seen }) => seen)], [["p1", "p3"], true], "changed documents");
  });

  await step("deleteBulk finds a city beyond ASCII", async () => {
    same(await call("deleteBulk", Repository, [["city", "==", "Québec"]]), 2, "answer");
    const ids = [await event("db_deleted"), await event("db_deleted")];
    same(ids.sort(), [created[0].id, created[3].id].sort(), "ids");
  });

  await step("deleteBulk survives a plus sign in its filters", async () => {
    const filters = [["city", "==", "~~>~~>"]];
    check(btoa(JSON.stringify(filters)).includes("+"), "the filters have no plus sign");
    const { id } = await call("create", Repository, { city: "~~>~~>" });
    await event("db_created");
    same(await call("deleteBulk", Repository, filters), 1, "answer");
    same(await event("db_deleted"), id, "id");
  });

  await step("newId gives a fresh id", async () => {
    const [one, two] = [await call("newId"), await call("newId")];
    check(typeof one === "string" && one && one !== two, `not two fresh ids: ${one}, ${two}`);
  });

  const ben = new Person(server, "Ben");
  await step("addUser and users name the account's users and no secrets", async () => {
    const added = await call("addUser", ben.email, ben.password);
    same([added.email, added.role], [ben.email, 0], "the user added");
    const users = await call("users");
    same(users.map(({ email }) => email).sort(), [me.email, ben.email].sort(), "users");
    same([...new Set(users.flatMap(Object.keys))].sort(), ["accountId", "created", "email", "id", "role"], "members of a user");
    ben.id = added.id;
    ben.token = await ben.call("login", ben.email, ben.password);
  });

  await step("setRole and changeEmail show in me", async () => {
    same(await call("setRole", ben.email, 10), true, "answer of setRole");
    const email = `new-${ben.email}`;
    same(await ben.call("changeEmail", ben.token, email), true, "answer of changeEmail");
    const { role, email: now, userId } = await ben.call("me", ben.token);
    same([role, now, userId], [10, email, ben.id], "Ben");
  });

  await step("removeUser ends the user's token", async () => {
    same(await call("removeUser", ben.id), true, "answer");
    same(await ben.refused("me", ben.token), "invalid token", "refusal");
  });

  await step("what is no part of this backend is refused with a sentence", async () => {
    for (const [method, ...args] of [["listAssociations"], ["promoteUser"], ["search", Repository, "words"], ["execFunction", "name", {}]]) {
      const text = await me.refused(method, me.token, ...args);
      check(typeof text === "string" && text.length > 0, `${method} was refused without a sentence: ${text}`);
    }
    await me.expectNothing();
  });

  me.close();
}
