import { check, same, within } from "./check.mjs";
import { Person } from "./person.mjs";

/** One connection more than the plan allows: the others are held by whoever started this script. */
export default async function limit({ step, consoleErrors, ...server }) {
  const Original = globalThis.EventSource;
  let requests = 0;
  globalThis.EventSource = class extends Original {
    constructor(url) {
      super(url, { fetch: (...args) => (requests++, fetch(...args)) });
    }
  };
  const one = await new Person(server, "OneTooMany").register();

  await step("the refusal is one error on the console", async () => {
    const refused = consoleErrors.next();
    await one.open("sse");
    const [error] = await within(refused, "the refusal on the console");
    same(error.code, 429, "status of the refusal");
    same(consoleErrors.take().length, 1, "errors on the console");
  });

  await step("send returns false", async () => {
    same(one.bkn.sseClient.readyState, 2, "readyState");
    same(one.bkn.send(one.bkn.types.echo, "hello"), false, "what send returns");
  });

  // A retry would be a timer. Node.js gets here when there is nothing left that could ever happen.
  process.once("beforeExit", () => step("the client does not try again", async () => {
    same(requests, 1, "requests for a stream");
    same(one.timesAuthenticated, 0, "calls of onAuth");
    check(consoleErrors.take().length === 0, "there was another error on the console");
  }));
}
