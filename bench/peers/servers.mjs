// The servers that peers keep their queues in: private, durable, on a unix socket in a folder of their own.
import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";

import { Redis } from "ioredis";
import pg from "pg";

import { now, pause } from "./timing.mjs";

const isRoot = process.getuid() === 0;
const postgresUser = "postgres"; // Debian's package makes it; PostgreSQL refuses to run as root
const bufferMebibytes = 8 / 1024;
const stopPatience = 60_000; // ms
const readyPatience = 300_000; // ms; a restart may have gigabytes of a log to read

// Ends with this process, come what may.
const bound = ["--pdeathsig", "KILL"];

export function postgresFolder() {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const newest = versions.map(Number).filter((version) => version > 0).sort((a, b) => b - a);
  const folders = newest.map((version) => `/usr/lib/postgresql/${version}/bin`);
  return folders.find((bin) => existsSync(`${bin}/initdb`)) ?? null;
}

// Process ids of a process and all below it.
function family(pid) {
  const parents = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [pid];
  for (const member of found) for (const [child, parent] of parents) if (parent === member) found.push(child);
  return found;
}

// KiB of memory of all of them: pages that some share are counted once, shared memory not at all.
function memoryOf(pids) {
  const field = (text, name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)[1]);
  const rollups = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return rollups.reduce((sum, rollup) => sum + field(rollup, "Pss") - field(rollup, "Pss_Shmem"), 0);
}

class Server {
  constructor(folder) {
    this.folder = folder;
  }

  // `identity`: of setpriv.
  spawn(command, identity, args) {
    const surroundings = { stdio: ["ignore", "ignore", "inherit"], cwd: this.folder };
    this.process = spawn("setpriv", [...bound, ...identity, "--", command, ...args], surroundings);
    this.over = new Promise((resolve) => this.process.on("exit", resolve));
  }

  async ready() {
    const until = now() + readyPatience;
    let gone = false;
    void this.over.then(() => (gone = true));
    while (!(await this.answers())) {
      if (gone) throw new Error(`${this.constructor.name} in ${this.folder} ended while it started`);
      if (now() > until) throw new Error(`${this.constructor.name} doesn't answer after ${readyPatience} ms`);
      await pause(2);
    }
  }

  // MiB.
  async memory() {
    return memoryOf(family(this.process.pid)) / 1024;
  }

  // Ends as it should, or is killed, and starts again.
  async restart() {
    this.process.kill("SIGINT");
    await Promise.race([this.over, pause(stopPatience)]);
    await this.kill();
    this.start();
    await this.ready();
  }

  // As when the machine loses power, but for what the kernel has cached: nothing is told to end.
  async kill() {
    const hasEnded = this.process.exitCode !== null || this.process.signalCode !== null;
    for (const pid of hasEnded ? [] : family(this.process.pid)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await this.over;
    await pause(50); // the kernel still takes its children's shared memory down
  }
}

export class Postgres extends Server {
  static settings = "fsync on, synchronous_commit on, full_page_writes on, shared_buffers 1 GB, max_wal_size 4 GB, " +
    "recovery_init_sync_method syncfs";

  constructor(folder) {
    super(folder);
    this.bin = postgresFolder();
    this.identity = isRoot ? ["--reuid", postgresUser, "--regid", postgresUser, "--clear-groups"] : [];
    this.databases = 0;
    mkdirSync(folder, { mode: 0o700 });
    if (isRoot) {
      const numbers = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, postgresUser])));
      chownSync(folder, ...numbers);
    }
    const command = [...bound, ...this.identity, "--", `${this.bin}/initdb`];
    const options = ["-D", `${folder}/data`, "-U", "peers", "-A", "trust", "-E", "UTF8", "--no-locale"];
    execFileSync("setpriv", [...command, ...options], { stdio: ["ignore", "ignore", "inherit"], cwd: folder });
  }

  get version() {
    return execFileSync(`${this.bin}/postgres`, ["--version"], { encoding: "utf8" }).trim();
  }

  start() {
    const settings = {
      listen_addresses: "",
      unix_socket_directories: this.folder,
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      shared_buffers: "1GB",
      max_wal_size: "4GB",
      max_connections: "200",
      recovery_init_sync_method: "syncfs",
      log_min_messages: "fatal",
      logging_collector: "on",
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.spawn(`${this.bin}/postgres`, this.identity, ["-D", `${this.folder}/data`, ...flags]);
  }

  async query(sql, database = "postgres") {
    const client = new pg.Client({ host: this.folder, user: "peers", database });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async answers() {
    return existsSync(`${this.folder}/.s.PGSQL.5432`) && this.query("SELECT 1").then(() => true, () => false);
  }

  // An empty store of its own.
  async fresh() {
    for (const { datname } of await this.query("SELECT datname FROM pg_database WHERE datname LIKE 'queue%'")) {
      await this.query(`DROP DATABASE ${datname} WITH (FORCE)`);
    }
    this.database = `queue${++this.databases}`;
    await this.query(`CREATE DATABASE ${this.database}`);
    return { socket: this.folder, database: this.database };
  }

  // With the buffers that are in use: a page of shared memory belongs to no process once all that used it ended.
  async memory() {
    const own = await super.memory();
    await this.query("CREATE EXTENSION IF NOT EXISTS pg_buffercache");
    const [{ used }] = await this.query("SELECT count(*)::int AS used FROM pg_buffercache WHERE relfilenode IS NOT NULL");
    return own + used * bufferMebibytes;
  }

  // What time would bring, too: the planner knows the tables.
  async settle() {
    await this.query("ANALYZE", this.database);
  }
}

export class RedisServer extends Server {
  static settings = "appendonly yes, appendfsync always, no snapshots";

  constructor(folder) {
    super(folder);
    mkdirSync(folder, { mode: 0o700 });
    this.socket = `${folder}/redis.sock`;
  }

  get version() {
    return execFileSync("redis-server", ["--version"], { encoding: "utf8" }).replace(/^.*v=(\S+).*\n$/, "Redis $1");
  }

  start() {
    const flags = {
      port: "0",
      unixsocket: this.socket,
      dir: this.folder,
      logfile: `${this.folder}/log`,
      save: "",
      appendonly: "yes",
      appendfsync: "always",
      "maxmemory-policy": "noeviction",
    };
    this.spawn("redis-server", [], Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]));
  }

  async command(...words) {
    const client = new Redis({ path: this.socket, retryStrategy: null, lazyConnect: true, enableReadyCheck: false });
    client.on("error", () => {});
    try {
      await client.connect();
      return await client.call(...words);
    } finally {
      client.disconnect();
    }
  }

  async answers() {
    return existsSync(this.socket) && this.command("PING").then(() => true, () => false);
  }

  // FLUSHALL would leave what was there in the log, for the next start to read.
  async fresh() {
    await this.kill();
    rmSync(`${this.folder}/appendonlydir`, { recursive: true, force: true });
    this.start();
    await this.ready();
    return { socket: this.socket };
  }

  async settle() {}
}

// A peer that keeps its queue in a file has none.
export class NoServer {
  static settings = "";

  constructor(folder) {
    this.folder = folder;
    this.stores = 0;
    mkdirSync(folder);
  }

  start() {}
  async ready() {}
  async restart() {}
  async kill() {}
  async settle() {}

  async memory() {
    return 0;
  }

  async fresh() {
    rmSync(`${this.folder}/${this.stores}`, { recursive: true, force: true });
    const folder = `${this.folder}/${++this.stores}`;
    mkdirSync(folder);
    return { folder };
  }
}
