// How many occurrences a second of processor time croner finds, a JSON line each; run.mjs runs it.
import { readFileSync } from "node:fs";

import { Cron } from "croner";

const { version } = JSON.parse(readFileSync(new URL("node_modules/croner/package.json", import.meta.url)));
const expressions = {
  "cron(*/5 * * * * ? *)": "*/5 * * * * *",
  "cron(0 3 ? * SUN#2 *)": "0 0 3 * * SUN#2",
  "cron(0 3 L * ? *)": "0 0 3 L * *",
  "cron(0 3 LW * ? *)": "0 0 3 LW * *",
  "cron(0 3 29 2 ? *)": "0 0 3 29 2 *",
};
const begin = new Date("2026-01-01T00:00:00Z");

function rate(text) {
  const cron = new Cron(text, { timezone: "America/New_York", paused: true });
  let at = begin;
  let done = 0;
  const from = process.cpuUsage();
  let seconds = 0;
  while (seconds < 1) {
    at = cron.nextRun(at) ?? begin;
    ++done;
    if (done % 64 === 0) seconds = process.cpuUsage(from).user / 1e6;
  }
  return done / seconds;
}

for (const [name, text] of Object.entries(expressions)) {
  const row = { peer: "croner", version: `croner ${version}`, work: `occurrences of ${name}`, unit: "/s" };
  try {
    console.log(JSON.stringify({ ...row, value: rate(text) }));
  } catch (error) {
    console.log(JSON.stringify({ ...row, lacks: error.message }));
  }
}
