// BullMQ: a queue in Redis.
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";

import { batches, never, queueName } from "./jobs.mjs";

export const server = "redis";
export const packages = ["bullmq", "ioredis"];
const addBatch = 1000;
export const settings = {
  "": "ioredis over a unix socket, finished jobs removed",
  enqueue: `addBulk, ${addBatch} a call`,
  cancel: "queue.drain()",
};
export const inFlight = [1, 10, 100, 1000];
export const waysToDrain = [
  { processes: 1, concurrency: 100 },
  { processes: 1, concurrency: 300 },
  { processes: 2, concurrency: 100 },
];
export const wayToHave = (jobs) => ({ processes: 1, concurrency: jobs });

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
    worker.on("error", (error) => console.error(error.message));
    return worker;
  };
  return {
    async enqueue(count) {
      for (const batch of batches(count, addBatch)) {
        await queue.addBulk(batch.map((data) => ({ name: queueName, data })));
      }
    },
    async drain({ concurrency }, jobs) {
      work(concurrency, async () => jobs.started()).on("completed", () => jobs.ended(1));
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
    // Redis refuses everybody (BUSY) while a script of its own takes long.
    async probe() {
      for (;;) {
        const busy = await other.ping().then(() => false, (error) => error.message.startsWith("BUSY"));
        if (!busy) return;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}
