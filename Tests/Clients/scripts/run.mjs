import { createRequire } from "node:module";
import { EventSource } from "eventsource";
import { WebSocket } from "ws";

/**
 * Runs one scenario with one version of the published client: node run.mjs <scenario> <settings as JSON>.
 * Prints one line of JSON per step; the first failure ends it with exit code 1.
 */
const [scenario, json] = process.argv.slice(2);
const { client, ...settings } = JSON.parse(json);

// What the client expects of a browser and Node.js 20 doesn't have. Neither version needs a window or a document.
globalThis.EventSource = EventSource;
globalThis.WebSocket = WebSocket;

/** What the client reports to nobody but the console. An error that no scenario asked for is a failure. */
const consoleErrors = {
  list: [],
  waiting: [],
  take() { return this.list.splice(0); },
  next() { return new Promise((resolve) => this.waiting.push(resolve)); },
};
console.error = (...args) => {
  consoleErrors.list.push(args);
  for (const resolve of consoleErrors.waiting.splice(0)) resolve(args);
};

async function step(name, action) {
  try {
    const value = await action();
    process.stdout.write(`${JSON.stringify({ step: name, ok: true, value })}\n`);
  } catch (error) {
    fail(`step "${name}": ${error.message}`);
  }
}

function fail(text) {
  process.stderr.write(`${scenario} with client ${client}: ${text}\n`);
  for (const error of consoleErrors.list) process.stderr.write(`  on the console: ${error.map(describe).join(" ")}\n`);
  process.exit(1);
}

const describe = (error) => error?.cause ? `${error.message} (${error.cause.message})` : error?.message ?? String(error);

/** 1.7.0 is an ES module; 1.0.2 a CommonJS bundle. */
async function load(version) {
  if (version === "1.7.0") return (await import("@staticbackend/js")).Backend;
  return createRequire(import.meta.url)(`staticbackend-js-${version}`).Backend;
}

try {
  const run = (await import(`./${scenario}.mjs`)).default;
  await run({ ...settings, Backend: await load(client), step, consoleErrors });
  if (consoleErrors.list.length > 0) fail("the client has written errors to the console");
} catch (error) {
  fail(error.stack);
}
