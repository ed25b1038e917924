// BullMQ: a queue in Redis.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

import { batches, never, queueName } from "./jobs.mjs";

export const server = "redis";
export const packages = ["bullmq", "ioredis"];
const addBatch = 1000;
const bestConcurrency = 200;
export const settings = {
  "": "ioredis over a unix socket, finished jobs removed",
  enqueue: `addBulk, ${addBatch} a call`,
  drain: `one worker, concurrency ${bestConcurrency}`,
  "drain in flight": "one worker, concurrency as many as in flight",
  cancel: "queue.drain()",
};
export const bestProcesses = 1;

export async function open({ socket }) {
  const connection = { path: socket, maxRetriesPerRequest: null };
  const queue = new Queue(queueName, { connection });
  await queue.waitUntilReady();
  const other = new Redis(connection);
  const work = (concurrency, processor) => {
    const worker = new Worker(queueName, processor, {
      connection,
      concurrency,
      removeOnComplete: { count: 0 },
    });
    worker.on("error", (error) => console.error(error));
    return worker;
  };
  return {
    async enqueue(count) {
      for (const batch of batches(count, addBatch)) {
        await queue.addBulk(batch.map((data) => ({ name: queueName, data })));
      }
    },
    async drain(inFlight, ended) {
      work(inFlight || bestConcurrency, async () => {}).on("completed", () => ended(1));
    },
    async hold(count) {
      let running = 0;
      await new Promise((resolve) => {
        work(count, () => {
          if (++running === count) resolve();
          return never;
        });
      });
    },
    async counts() {
      const { waiting, active } = await queue.getJobCounts("waiting", "active");
      return { queued: waiting, running: active };
    },
    cancels: {
      cancel: () => queue.drain(),
    },
    async probe() {
      await other.ping();
    },
    async close() {
      await queue.close();
      other.disconnect();
    },
  };
}
