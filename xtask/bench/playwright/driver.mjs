// Does what it is told, a line of JSON at a time, and answers each line with one. It times what it
// does itself, so that the pipe between it and the bench costs nobody anything.

import readline from "node:readline";
import { chromium } from "playwright-core";
import { create } from "./create.mjs";
import { form, frame, list } from "./journeys.mjs";

const journeys = { create, form, frame, list };
let browser, at;

// The time ends with the journey and its traces; closing the contexts is left out, as it is on the other sides.
async function once(name, place, trace) {
  const began = performance.now();
  const contexts = [];
  const inContext = async (file, body) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    contexts.push(context);
    if (file) await context.tracing.start({ screenshots: true, snapshots: true });
    const result = await body(await context.newPage());
    if (file) await context.tracing.stop({ path: file });
    return result;
  };
  const again = (body) => inContext(trace && `${trace}-root.zip`, body);
  try {
    await inContext(trace && `${trace}.zip`, (page) => journeys[name](page, place, { again }));
    return performance.now() - began;
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}

async function many(name, atOnce, count) {
  const began = performance.now();
  let left = count;
  const worker = async (n) => {
    while (left > 0) { left -= 1; await once(name, { ...at, number: at.numbers[n], challenged: false }); }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, n) => worker(n)));
  return performance.now() - began;
}

const verbs = {
  async start(order) {
    at = order.at;
    // A CDP pipe is what Playwright uses by default; the flags are its own, and no sandbox as on our side.
    browser = await chromium.launch({ executablePath: order.executable, headless: true, args: ["--site-per-process"] });
    return { version: browser.version() };
  },
  async run(order) {
    return { ms: await once(order.journey, { ...at, number: at.numbers[0], challenged: true }, order.trace) };
  },
  async many(order) {
    return { ms: await many(order.journey, order.at_once, order.count) };
  },
  async stop() {
    await browser?.close();
    return {};
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  let answer;
  try { answer = await verbs[order.do](order); } catch (error) { answer = { error: String(error?.stack ?? error) }; }
  process.stdout.write(JSON.stringify(answer) + "\n");
  if (order.do === "stop") break;
}
