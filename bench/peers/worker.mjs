// A peer's own process, as seen from outside.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { pause } from "./timing.mjs";

const answerPatience = 600_000; // ms

export class Worker {
  static #living = new Set();

  // `folder` is where it works.
  constructor(peer, folder) {
    this.peer = peer;
    this.waiting = new Map();
    this.ended = 0;
    this.onEnded = () => {};
    // When it was given its first job: milliseconds of the machine's monotonic clock.
    this.startedAt = Infinity;
    // Ends with this process, come what may.
    const step = fileURLToPath(new URL("step.mjs", import.meta.url));
    const surroundings = { stdio: ["ignore", process.stderr, process.stderr, "ipc"], cwd: folder };
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, step, peer], surroundings);
    Worker.#living.add(this);
    this.over = new Promise((resolve) => this.process.on("exit", resolve));
    // Fails when it ends and nobody has killed it.
    this.stays = new Promise((_, reject) => {
      void this.over.then(() => Worker.#living.delete(this) && reject(new Error(`${peer} ended by itself`)));
    });
    this.stays.catch(() => {});
    this.loaded = this.#answerTo("load");
    this.process.on("message", (message) => this.#receive(message));
  }

  static async killAll() {
    await Promise.all([...Worker.#living].map((worker) => worker.kill()));
  }

  #answerTo(step) {
    const answer = new Promise((resolve, reject) => this.waiting.set(step, { resolve, reject }));
    return Promise.race([answer, this.stays]);
  }

  #receive({ step, done, failed, ended, startedAt }) {
    if (startedAt !== undefined) {
      this.startedAt = startedAt;
    } else if (ended !== undefined) {
      this.ended += ended;
      this.onEnded();
    } else {
      const { resolve, reject } = this.waiting.get(step);
      this.waiting.delete(step);
      if (failed !== undefined) reject(new Error(`${step}: ${failed}`));
      else resolve(done);
    }
  }

  async ask(step, options = {}) {
    await this.loaded;
    const answer = this.#answerTo(step);
    this.process.send({ step, ...options });
    const late = pause(answerPatience).then(() => {
      throw new Error(`${step}: no answer in ${answerPatience} ms`);
    });
    return Promise.race([answer, late]);
  }

  // MiB, as the kernel counts them, shared pages included.
  memory() {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) / 1024;
  }

  // What it was asked stays without an answer.
  async kill() {
    Worker.#living.delete(this);
    this.process.kill("SIGKILL");
    await this.over;
  }
}
