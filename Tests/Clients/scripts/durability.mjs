import { same } from "./check.mjs";
import { Person } from "./person.mjs";

/**
 * Against the all-in-one process: creates documents until the process is killed, and later, with what was reported
 * then, shows that everything acknowledged has survived.
 */
export default async function durability({ step, before, consoleErrors, ...server }) {
  const me = new Person(server, "Durable");
  if (!before) {
    await step("registers", async () => {
      await me.register();
      return { email: me.email, token: me.token };
    });
    for (let i = 0; await createOne(i);) i++;
    consoleErrors.take(); // the client reports on the console that the process is gone
    return;
  }

  await step("the token from before is still valid", async () => {
    same((await me.call("me", before.token)).email, before.email, "e-mail");
  });
  await step("the user logs in", async () => {
    me.token = await me.call("login", before.email, me.password);
  });
  await step("every acknowledged document is there", async () => {
    for (const document of before.documents) {
      same(await me.call("getById", me.token, "tasks_760_", document.id), document, "document");
    }
  });

  async function createOne(number) {
    const { ok, content } = await me.bkn.create(me.token, "tasks_760_", { name: `document ${number}` });
    if (ok) await step("a document was acknowledged", async () => content);
    return ok;
  }
}
