// The same work on other projects' queues, side by side. tools/bench_peers runs it where the packages are;
// its options are described there. --folder is an empty one, for all stores; whoever starts this deletes it.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { floors } from "./floors.mjs";
import { lullRows } from "./lull.mjs";
import { Rows } from "./rows.mjs";
import { Scenarios } from "./scenarios.mjs";
import { NoServer, Postgres, RedisServer, postgresFolder } from "./servers.mjs";

const { values: options } = parseArgs({
  options: {
    folder: { type: "string" },
    lull: { type: "string" },
    json: { type: "string" },
    lines: { type: "string" },
    full: { type: "boolean", default: false },
    n: { type: "string" },
    only: { type: "string", default: "plainjob,pg_boss,graphile_worker,bullmq,schedules" },
    rounds: { type: "string", default: "3" },
  },
});
const million = 1_000_000;
const counts = options.n?.split(",").map(Number) ?? [10_000, 100_000, ...(options.full ? [million] : [])];
const atConcurrencies = 10_000;
const servers = { postgres: Postgres, redis: RedisServer, null: NoServer };
const rows = new Rows();
const notes = new Set();
const peers = options.only.split(",");
const say = (text) => process.stderr.write(`${text}\n`);

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

async function measureOnce(peer, scenarios, n, best) {
  await scenarios.drain("drain at its best", best);
  const waysToCancel = Object.keys(peer.settings).filter((kind) => kind.startsWith("cancel"));
  for (const way of waysToCancel) await scenarios.cancel(way);
  await scenarios.kill();
  if (n !== atConcurrencies) return;
  for (const jobs of peer.inFlight) await scenarios.drainInFlight(jobs, peer.wayToHave(jobs));
}

async function measure(name) {
  const peer = await import(`./${name}.mjs`);
  const lacks = missing(peer.server);
  if (lacks) return void notes.add(`${name}: left out, ${lacks}`);
  const Server = servers[peer.server];
  const server = new Server(`${options.folder}/${name}`);
  const versions = peer.packages.map((each) => `${each} ${versionOf(each)}`);
  const version = [...versions, ...(server.version ? [server.version] : [])].join(", ");
  server.start();
  await server.ready();
  try {
    let best;
    for (const n of counts) {
      const add = (work, value, unit, kind, way) => {
        const parts = [peer.settings[""], Server.settings, peer.settings[kind || "none"], way && described(way)];
        const settings = parts.filter(Boolean).join("; ");
        const row = { peer: name.replace("_", "-"), version, work, n, value, unit, settings };
        if (work !== "drain, tried") rows.add(row);
        say(`   ${name}, ${n}: ${work}: ${value.toPrecision(4)} ${unit}${way ? ` (${described(way)})` : ""}`);
      };
      const scenarios = new Scenarios(name, server, n, add);
      best ??= await scenarios.tryWays(peer.waysToDrain);
      const rounds = n >= million ? 1 : Number(options.rounds);
      for (let round = 0; round < rounds; ++round) await measureOnce(peer, scenarios, n, best);
    }
  } finally {
    await server.kill();
  }
}

function measureFloors() {
  const version = `better-sqlite3 ${versionOf("better-sqlite3")}, Node.js ${process.version}`;
  for (const row of floors(options.folder)) rows.add({ peer: "floor", version, n: null, ...row });
}

// Schedulers, each a program that prints a line for each expression.
function walkSchedules() {
  for (const command of [[process.execPath, "croner.mjs"], ["/usr/bin/python3", "-B", "croniter_peer.py"]]) {
    const [program, ...args] = command;
    const told = spawnSync(program, args, { cwd: import.meta.dirname, encoding: "utf8" });
    if (told.status !== 0) {
      notes.add(`${args.at(-1)}: left out, ${told.stderr.trim().split("\n").at(-1)}`);
      continue;
    }
    for (const { lacks, ...row } of told.stdout.trim().split("\n").map((line) => JSON.parse(line))) {
      if (lacks) notes.add(`${row.peer}: ${row.work}: can't, ${lacks}`);
      else rows.add({ ...row, n: null, settings: "processor time of one thread, America/New_York" });
    }
  }
}

if (options.lull) {
  const own = JSON.parse(readFileSync(options.lull, "utf8"));
  for (const row of lullRows(own, counts, atConcurrencies)) rows.add(row);
}
if (peers.includes("schedules")) for (let round = 0; round < Number(options.rounds); ++round) walkSchedules();
for (const name of peers.filter((peer) => peer !== "schedules")) {
  say(`== ${name}`);
  measureFloors();
  try {
    await measure(name);
  } catch (error) {
    notes.add(`${name}: failed, ${error.message}`);
    say(error.stack);
  }
}
if (options.lines) writeFileSync(options.lines, rows.lines());
if (options.json) writeFileSync(options.json, rows.json([...notes]));
process.stdout.write(rows.table([...notes]));
process.exit();
