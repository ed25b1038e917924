// The same work on other projects' queues. tools/bench_peers runs it where the packages are; its options are
// described there. --folder is an empty one, for all stores; whoever starts this deletes it.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { floors } from "./floors.mjs";
import { Rows } from "./rows.mjs";
import { Scenarios } from "./scenarios.mjs";
import { NoServer, Postgres, RedisServer, postgresFolder } from "./servers.mjs";
import { Worker } from "./worker.mjs";

const { values: options } = parseArgs({
  options: {
    folder: { type: "string" },
    json: { type: "string" },
    n: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
  },
});
const million = 1_000_000;
const counts = options.n.split(",").map(Number);
const atConcurrencies = 10_000;
const servers = { postgres: Postgres, redis: RedisServer, null: NoServer };
const rows = new Rows();
const notes = new Set();
const failures = new Set();
const say = (text) => process.stderr.write(`${text}\n`);

// After each step: what was found by then is kept, whatever comes next.
const keep = () => writeFileSync(options.json, rows.json([...notes], [...failures]));

function fail(what, error) {
  failures.add(`${what}: ${error.message.split("\n")[0]}`);
  say(`${what}: failed: ${error.stack}`);
}

function missing(server) {
  if (server === "postgres" && postgresFolder() === null) return "PostgreSQL is not installed";
  if (server === "redis") {
    try {
      execFileSync("redis-server", ["--version"]);
    } catch {
      return "redis-server is not installed";
    }
  }
  return null;
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}

const described = (way) => Object.entries(way).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ");

function measureFloors(add) {
  const { commit, commits, flush } = floors(options.folder);
  rows.setFloors({});
  const settings = "floors: one row, WAL, synchronous=FULL, better-sqlite3; 4 KiB in place";
  add({ work: "bare durable commit, median (c)", value: commit, unit: "ms", settings });
  add({ work: "bare durable commits (F)", value: commits, unit: "/s", settings });
  add({ work: "write of a page and fdatasync, median", value: flush, unit: "ms", settings });
  rows.setFloors({ "/s": { letter: "F", value: commits }, ms: { letter: "c", value: commit } });
}

// What is measured in a round, in its order: [name, what does it].
function* planned(peer, scenarios, n, round) {
  if (round === 0) {
    for (const way of peer.waysToDrain) yield [`drain (${described(way)})`, () => scenarios.tryToDrain(way)];
  }
  yield ["drain at its best", () => scenarios.drainAtItsBest()];
  for (const way of Object.keys(peer.settings).filter((kind) => kind.startsWith("cancel"))) {
    yield [way, () => scenarios.cancel(way)];
  }
  yield ["memory and restart", () => scenarios.kill()];
  if (n !== atConcurrencies) return;
  for (const jobs of peer.inFlight) {
    yield [`drain, ${jobs} in flight`, () => scenarios.drainInFlight(jobs, peer.wayToHave(jobs))];
  }
}

// What fails is told and left out of the rounds that follow; the rest goes on with a server that starts again.
async function measureRounds(peer, name, server, version, n) {
  const add = ({ kind, way, ...found }) => {
    const how = way && `${found.work}, ${found.n ?? n}: ${described(way)}`;
    const parts = [peer.settings[""], server.constructor.settings, peer.settings[kind], how];
    const settings = parts.filter(Boolean).join("; ");
    if (found.work !== "drain, tried") rows.add({ peer: name, version, n, settings, ...found });
    const value = `${found.value.toPrecision(4)} ${found.unit}`;
    say(`   ${name}, ${n}: ${found.work}: ${value}${way ? ` (${described(way)})` : ""}`);
  };
  const scenarios = new Scenarios(peer.module, server, n, add);
  const failed = new Set();
  const rounds = n >= million ? 1 : Number(options.rounds);
  for (let round = 0; round < rounds; ++round) {
    say(`-- ${name}, ${n}: round ${round + 1} of ${rounds} (${Math.round(performance.now() / 1000)} s)`);
    measureFloors(add);
    for (const [what, work] of planned(peer, scenarios, n, round)) {
      if (failed.has(what)) continue;
      try {
        await work();
      } catch (error) {
        failed.add(what);
        fail(`${name}, ${n}: ${what}`, error);
        await Worker.killAll();
        await server.restart();
      }
      keep();
    }
  }
}

async function measure(module) {
  const peer = { ...(await import(`./${module}.mjs`)), module };
  const name = module.replace("_", "-");
  const lacks = missing(peer.server);
  if (lacks) return void notes.add(`${name}: left out, ${lacks}`);
  const server = new servers[peer.server](`${options.folder}/${module}`);
  const versions = peer.packages.map((each) => `${each} ${versionOf(each)}`);
  const version = [...versions, ...(server.version ? [server.version] : [])].join(", ");
  try {
    server.start();
    await server.ready();
    for (const n of counts) await measureRounds(peer, name, server, version, n);
  } finally {
    await Worker.killAll();
    await server.kill();
    rmSync(server.folder, { recursive: true, force: true });
  }
}

// Schedulers, each a program that prints a line for each expression.
function walkSchedules() {
  for (const command of [[process.execPath, "croner.mjs"], ["/usr/bin/python3", "-B", "croniter_peer.py"]]) {
    const program = ["--pdeathsig", "KILL", "--", ...command];
    const told = spawnSync("setpriv", program, { cwd: import.meta.dirname, encoding: "utf8" });
    if (told.status !== 0) {
      notes.add(`${command.at(-1)}: left out, ${told.stderr.trim().split("\n").at(-1)}`);
      continue;
    }
    for (const { lacks, ...row } of told.stdout.trim().split("\n").map((line) => JSON.parse(line))) {
      if (lacks) notes.add(`${row.peer}: ${row.work}: can't, ${lacks}`);
      else rows.add({ ...row, n: null, settings: "processor time of one thread, America/New_York" });
    }
  }
}

for (const module of options.only.split(",")) {
  say(`== ${module}`);
  try {
    if (module !== "schedules") await measure(module);
    else for (let round = 0; round < Number(options.rounds); ++round) walkSchedules();
  } catch (error) {
    fail(module, error);
  }
  keep();
}
process.exit(failures.size > 0 ? 1 : 0);
