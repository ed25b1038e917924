// What is measured of a peer at one size. Each scenario starts on an empty store and checks that the work was done.
import { median, now, pause } from "./timing.mjs";
import { Worker } from "./worker.mjs";

const inFlightAtCancel = 10;
const bareStarts = 5;
const patience = 20_000; // ms; a drain that takes longer is judged by what it has done

function expect(what, found, expected) {
  for (const [name, value] of Object.entries(expected)) {
    if (found[name] !== value) throw new Error(`${what}: ${name} is ${found[name]}, not ${value}`);
  }
}

export class Scenarios {
  #tried = []; // ways to drain, the fastest first

  // add({work, value, unit, ...}) takes what is found: `kind` names the peer's settings for it, `way` has more, `n` is
  // what the work was varied by where that is not `count`.
  constructor(name, server, count, add) {
    Object.assign(this, { name, server, count, add });
  }

  async #open(address) {
    const worker = new Worker(this.name, this.server.folder);
    await worker.ask("open", { address });
    return worker;
  }

  // The address of an empty store with `count` jobs queued.
  async #queued() {
    const address = await this.server.fresh();
    const worker = await this.#open(address);
    const seconds = await worker.ask("enqueue", { count: this.count });
    expect("enqueue", await worker.ask("counts"), { queued: this.count, running: 0 });
    await worker.kill();
    await this.server.settle();
    this.add({ work: "enqueue", value: this.count / seconds, unit: "/s", kind: "enqueue" });
    return address;
  }

  // From the start of the first job to the end of the last. Gives jobs a second, and the way with what became of it.
  async #drain(way) {
    const address = await this.#queued();
    const workers = await Promise.all(Array.from({ length: way.processes }, () => this.#open(address)));
    const watcher = await this.#open(address);
    const ended = () => workers.reduce((sum, worker) => sum + worker.ended, 0);
    let timer;
    await new Promise((resolve, reject) => {
      timer = setTimeout(resolve, patience);
      for (const worker of workers) {
        worker.onEnded = () => {
          if (ended() >= this.count) resolve();
        };
        worker.stays.catch(reject);
        worker.ask("drain", { way }).catch(reject);
      }
    }).finally(() => clearTimeout(timer));
    const done = ended();
    const told = now();
    const isStopped = done < this.count;
    if (isStopped) for (const worker of workers) await worker.kill();
    const end = await this.#written(watcher, done, told);
    for (const worker of [...workers, watcher]) await worker.kill();
    if (done === 0) throw new Error(`no job ended in ${patience} ms`);
    const from = Math.min(...workers.map((worker) => worker.startedAt));
    const rate = done / ((end - from) / 1000);
    return { rate, way: { ...way, ...(isStopped && { stoppedAfterMs: patience }) } };
  }

  // When the store says that `done` have ended: at `told`, unless the peer tells of an end before it writes it.
  async #written(watcher, done, told) {
    for (let end = told; end < told + patience; end = now()) {
      const { queued, running } = await watcher.ask("counts");
      if (done < this.count ? queued <= this.count - done : queued + running === 0) return end;
      await pause(1);
    }
    throw new Error(`${done} of ${this.count} jobs are told to have ended; the store has more`);
  }

  // All of them end, in one of the peer's ways.
  async tryToDrain(way) {
    const { rate, way: tried } = await this.#drain(way);
    this.add({ work: "drain, tried", value: rate, unit: "/s", way: tried });
    this.#tried.push({ way, rate, tried });
    this.#tried.sort((a, b) => b.rate - a.rate);
  }

  // The same in the way that was the fastest for so many; the first time, what it came to when it was tried.
  async drainAtItsBest() {
    if (this.#tried.length === 0) throw new Error("none of the ways worked");
    const [best] = this.#tried;
    const { rate, way } = best.tried ? { rate: best.rate, way: best.tried } : await this.#drain(best.way);
    delete best.tried;
    this.add({ work: "drain at its best", value: rate, unit: "/s", kind: "drain", way });
  }

  // At most so many are claimed and have not ended.
  async drainInFlight(jobs, itsWay) {
    const { rate, way } = await this.#drain(itsWay);
    this.add({ work: "drain, in flight", n: jobs, value: rate, unit: "/s", kind: "drain", way });
  }

  // All that are queued, while some run.
  async cancel(way) {
    const address = await this.#queued();
    const worker = await this.#open(address);
    const other = await this.#open(address);
    await worker.ask("hold", { count: inFlightAtCancel });
    const probing = other.ask("probe");
    probing.catch(() => {}); // awaited below
    await pause(20);
    const seconds = await worker.ask("cancel", { way });
    await other.ask("endProbe");
    const longest = await probing;
    expect(way, await other.ask("counts"), { queued: 0, running: inFlightAtCancel });
    for (const one of [worker, other]) await one.kill();
    this.add({ work: way, value: seconds * 1000, unit: "ms", kind: way });
    this.add({ work: `${way}: another client waits`, value: longest * 1000, unit: "ms", kind: way });
  }

  // Memory while they are queued; then everything is killed and starts again.
  async kill() {
    await this.server.restart();
    const address = await this.#queued();
    const worker = await this.#open(address);
    await worker.ask("hold", { count: inFlightAtCancel });
    const ofServer = await this.server.memory();
    this.add({ work: "memory, worker", value: worker.memory(), unit: "MiB" });
    this.add({ work: "memory, server", value: ofServer, unit: "MiB" });
    this.add({ work: "memory, both", value: worker.memory() + ofServer, unit: "MiB" });
    await worker.kill();
    await this.server.kill();

    const bare = await this.#bareStart();
    const from = now();
    this.server.start();
    const next = new Worker(this.name, this.server.folder);
    await Promise.all([this.server.ready(), next.loaded]);
    await next.ask("open", { address });
    await next.ask("hold", { count: 1 });
    const restart = now() - from;
    expect("restart", await next.ask("counts"), { queued: this.count - inFlightAtCancel - 1 });
    await next.kill();
    this.add({ work: "restart to the first claim, beyond a bare start", value: restart - bare, unit: "ms" });
    this.add({ work: "bare start of its process", value: bare, unit: "ms" });
  }

  // Milliseconds, without any of the work: Node.js and the peer's modules.
  async #bareStart() {
    const took = [];
    while (took.length < bareStarts) {
      const from = now();
      const bare = new Worker(this.name, this.server.folder);
      await bare.loaded;
      took.push(now() - from);
      await bare.kill();
    }
    return median(took);
  }
}
