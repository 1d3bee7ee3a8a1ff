import { check, same } from "./check.mjs";
import { Person } from "./person.mjs";

const Repository = "tasks_760_";
const Events = `db-${Repository}`;

/** The document's users: A and B in one account, C in another. Who gets which event, row by row. */
export default async function accounts({ step, transport, rootToken, ...server }) {
  const a = await new Person(server, "A").register();
  const b = new Person(server, "B");
  const c = await new Person(server, "C").register();
  const everyone = [a, b, c];

  /** Every event of one row; afterwards nobody has another one. */
  async function row({ type, count = 1, to, check: inspect = () => {} }) {
    for (const person of to) {
      for (let i = 0; i < count; i++) {
        const event = await person.expect(type);
        same(event.channel, Events, "channel of the event");
        inspect(JSON.parse(event.data), i);
      }
    }
    for (const person of everyone) await person.expectNothing();
  }

  await step("A adds B to the account, C registers, all three join", async () => {
    if (a.bkn.addUser) await a.call("addUser", a.token, b.email, b.password);
    else await a.http("POST", "/account/users", a.token, { email: b.email, password: b.password });
    b.token = await b.call("login", b.email, b.password);
    for (const person of everyone) {
      await person.connect(transport);
      await person.join(Events);
    }
  });

  let d1;
  await step("A creates d1: A and B", async () => {
    d1 = await a.call("create", a.token, Repository, { name: "d1" });
    await row({ type: "db_created", to: [a, b], check: (document) => same(document, d1, "d1") });
  });

  await step("B updates d1: A and B", async () => {
    await b.call("update", b.token, Repository, d1.id, { name: "d1 of B" });
    await row({ type: "db_updated", to: [a, b], check: (document) => same(document, { ...d1, name: "d1 of B" }, "d1") });
  });

  await step("C may not update d1: nobody", async () => {
    await c.refused("update", c.token, Repository, d1.id, { name: "d1 of C" });
    await row({ to: [] });
  });

  let d2;
  await step("C creates d2: C", async () => {
    d2 = await c.call("create", c.token, Repository, { name: "d2" });
    await row({ type: "db_created", to: [c], check: (document) => same(document, d2, "d2") });
  });

  await step("A creates three at once: A and B", async () => {
    const documents = ["d3", "d4", "d5"].map((name) => ({ name }));
    if (a.bkn.createBulk) await a.call("createBulk", a.token, Repository, documents);
    else await a.http("POST", `/db/${Repository}?bulk=1`, a.token, documents);
    await row({ type: "db_created", count: 3, to: [a, b], check: ({ name }, i) => same(name, documents[i].name, "name") });
  });

  await step("B deletes d1: A and B", async () => {
    same(await b.call("delete", b.token, Repository, d1.id), 1, "answer to the delete");
    await row({ type: "db_deleted", to: [a, b], check: (id) => same(id, d1.id, "id") });
  });

  await step("C lists: only d2", async () => {
    const page = await c.call("list", c.token, Repository);
    same([page.total, page.results], [1, [d2]], "C's list");
  });

  await step("the root token updates d2: C", async () => {
    const answer = await fetchAsServer(server.url, `/sudo/${Repository}/${d2.id}`, server.publicKey, rootToken, { name: "d2 of root" });
    same(answer.name, "d2 of root", "answer to the update");
    await row({ type: "db_updated", to: [c], check: (document) => same(document, { ...d2, name: "d2 of root" }, "d2") });
  });

  await step("no event came late", async () => {
    // An event that was wrongly on its way to somebody arrives before these.
    const last = await a.call("create", a.token, Repository, { name: "the last of A" });
    await row({ type: "db_created", to: [a, b], check: ({ id }) => same(id, last.id, "id") });
    const lastOfC = await c.call("create", c.token, Repository, { name: "the last of C" });
    await row({ type: "db_created", to: [c], check: ({ id }) => same(id, lastOfC.id, "id") });
  });

  for (const person of everyone) person.close();
}

/** The root token is for servers: the published client has no call for it. */
async function fetchAsServer(url, path, publicKey, rootToken, body) {
  const response = await fetch(url + path, {
    method: "PUT",
    headers: { "SB-PUBLIC-KEY": publicKey, Authorization: `Bearer ${rootToken}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  check(response.ok, `${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
