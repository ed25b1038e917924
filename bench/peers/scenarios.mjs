// What is measured of a peer. Each scenario starts on an empty store and checks that the work was done.
import { Worker, openWorker } from "./worker.mjs";

const inFlightAtCancel = 10;
const patience = 60_000; // ms; a drain that takes longer is judged by what it has done
const shortPatience = 20_000; // where so many are in flight and no more, which is slow and steady
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function expect(what, found, expected) {
  for (const [name, value] of Object.entries(expected)) {
    if (found[name] !== value) throw new Error(`${what}: ${name} is ${found[name]}, not ${value}`);
  }
}

// add(work, value, unit, kind, way) takes what is found; `kind` names the peer's settings for it, `way` has more.
export class Scenarios {
  constructor(name, server, count, add) {
    Object.assign(this, { name, server, count, add });
  }

  // The address of an empty store with `count` jobs queued.
  async queued() {
    const address = await this.server.fresh();
    const worker = await openWorker(this.name, address);
    const seconds = await worker.ask("enqueue", { count: this.count });
    expect("enqueue", await worker.ask("counts"), { queued: this.count, running: 0 });
    await worker.kill();
    await this.server.settle();
    this.add("enqueue", this.count / seconds, "/s", "enqueue");
    return address;
  }

  // At most so many are claimed and have not ended.
  drainInFlight(jobs, way) {
    return this.drain(`drain, ${jobs} in flight`, way, shortPatience);
  }

  // All of them end, in one of the peer's ways to drain. Gives how many a second.
  async drain(work, way, limit = patience) {
    const address = await this.queued();
    const workers = await Promise.all(Array.from({ length: way.processes }, () => openWorker(this.name, address)));
    const watcher = await openWorker(this.name, address);
    const from = performance.now();
    const ended = () => workers.reduce((sum, worker) => sum + worker.ended, 0);
    let timer;
    await new Promise((resolve, reject) => {
      timer = setTimeout(resolve, limit);
      for (const worker of workers) {
        worker.onEnded = () => {
          if (ended() >= this.count) resolve();
        };
        worker.ask("drain", { way }).catch(reject);
      }
    });
    clearTimeout(timer);
    const done = ended();
    const told = performance.now();
    if (done < this.count) for (const worker of workers) await worker.kill();
    const end = await this.written(watcher, done, told);
    for (const worker of [...workers, watcher]) await worker.kill();
    const rate = done / ((end - from) / 1000);
    this.add(work, rate, "/s", "drain", { ...way, ...(done < this.count ? { stoppedAfterMs: limit } : {}) });
    return rate;
  }

  // The fastest of these ways.
  async tryWays(ways) {
    if (ways.length === 1) return ways[0];
    const rates = [];
    for (const way of ways) rates.push(await this.drain("drain, tried", way));
    return ways[rates.indexOf(Math.max(...rates))];
  }

  // When the store says that `done` have ended: at `told`, unless the peer tells of an end before it writes it.
  async written(watcher, done, told) {
    for (let end = told; end < told + patience; end = performance.now()) {
      const { queued, running } = await watcher.ask("counts");
      if (done < this.count ? queued <= this.count - done : queued + running === 0) return end;
      await pause(1);
    }
    throw new Error(`${done} of ${this.count} jobs are told to have ended; the store has more`);
  }

  // All that are queued, while some run.
  async cancel(way) {
    const address = await this.queued();
    const worker = await openWorker(this.name, address);
    const other = await openWorker(this.name, address);
    await worker.ask("hold", { count: inFlightAtCancel });
    const probing = other.ask("probe");
    probing.catch(() => {}); // awaited below
    await pause(20);
    const seconds = await worker.ask("cancel", { way });
    await other.ask("endProbe");
    const longest = await probing;
    expect(way, await other.ask("counts"), { queued: 0, running: inFlightAtCancel });
    for (const one of [worker, other]) await one.kill();
    this.add(way, seconds * 1000, "ms", way);
    this.add(`${way}: another client waits`, longest * 1000, "ms", way);
  }

  // Memory while they are queued; then everything is killed and starts again.
  async kill() {
    await this.restartServer();
    const address = await this.queued();
    const worker = await openWorker(this.name, address);
    await worker.ask("hold", { count: inFlightAtCancel });
    this.add("memory, worker", worker.memory(), "MiB", "");
    const ofServer = await this.server.memory();
    this.add("memory, server", ofServer, "MiB", "");
    this.add("memory, both", worker.memory() + ofServer, "MiB", "");
    await worker.kill();
    await this.server.kill();

    await this.bareStart();
    const from = performance.now();
    this.server.start();
    const next = new Worker(this.name);
    await Promise.all([this.server.ready(), next.loaded]);
    await next.ask("open", { address });
    await next.ask("hold", { count: 1 });
    this.add("restart after kill -9", performance.now() - from, "ms", "");
    expect("restart", await next.ask("counts"), { queued: this.count - inFlightAtCancel - 1 });
    await next.kill();
  }

  // Without any of the work: Node.js and the peer's modules.
  async bareStart() {
    const from = performance.now();
    const bare = new Worker(this.name);
    await bare.loaded;
    this.add("bare start of its process", performance.now() - from, "ms", "");
    await bare.kill();
  }

  async restartServer() {
    await this.server.stop();
    this.server.start();
    await this.server.ready();
  }
}
