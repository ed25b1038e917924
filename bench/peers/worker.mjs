// A peer's own process, as seen from outside.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export class Worker {
  constructor(peer) {
    this.peer = peer;
    this.ended = 0;
    this.onEnded = () => {};
    this.waiting = new Map();
    // Ends with this process, come what may.
    const step = fileURLToPath(new URL("step.mjs", import.meta.url));
    const surroundings = { stdio: ["ignore", process.stderr, process.stderr, "ipc"] };
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, step, peer], surroundings);
    this.over = new Promise((resolve) => this.process.on("exit", resolve));
    this.loaded = this.#answerTo("load");
    this.process.on("message", (message) => this.#receive(message));
    void this.over.then(() => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${peer} ended by itself`));
    });
  }

  #answerTo(step) {
    return new Promise((resolve, reject) => this.waiting.set(step, { resolve, reject }));
  }

  #receive({ step, done, failed, ended }) {
    if (ended !== undefined) {
      this.ended += ended;
      this.onEnded();
      return;
    }
    const { resolve, reject } = this.waiting.get(step);
    this.waiting.delete(step);
    if (failed !== undefined) reject(new Error(`${this.peer}, ${step}: ${failed}`));
    else resolve(done);
  }

  async ask(step, options = {}) {
    await this.loaded;
    const answer = this.#answerTo(step);
    this.process.send({ step, ...options });
    return answer;
  }

  // MiB, as the kernel counts them, shared pages included.
  memory() {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) / 1024;
  }

  async kill() {
    this.waiting.clear();
    this.process.kill("SIGKILL");
    await this.over;
  }
}

// One that has opened the store at `address`.
export async function openWorker(peer, address) {
  const worker = new Worker(peer);
  await worker.ask("open", { address });
  return worker;
}
