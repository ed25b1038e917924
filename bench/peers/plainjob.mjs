// plainjob on better-sqlite3: a queue in a SQLite file.
import Database from "better-sqlite3";
import { JobStatus, better, defineQueue, defineWorker } from "plainjob";

import { batches, never, queueName } from "./jobs.mjs";

export const server = null;
export const packages = ["plainjob", "better-sqlite3"];
const batchSize = 10_000;
export const settings = {
  "": "synchronous=FULL (it sets NORMAL by itself), WAL",
  enqueue: `addMany, ${batchSize} a transaction`,
  cancel: "it has none: UPDATE of the status by SQL",
  "cancel, deleting": "it has none: DELETE by SQL",
};
// A worker has one job at a time, and the calls of all that share a connection come one after the other: more of
// them in a process are no quicker.
export const inFlight = [1];
export const waysToDrain = [{ processes: 1 }, { processes: 2 }];
export const wayToHave = () => waysToDrain[0];
// Those that wait for SQLite's lock get it by luck; by itself a worker ends when it had none for 5 s.
const lockPatience = 60_000; // ms

const quiet = { error: console.error, warn: console.error, info() {}, debug() {} };

export function open({ folder }) {
  const connection = better(new Database(`${folder}/queue.db`));
  const queue = defineQueue({ connection, logger: quiet });
  connection.pragma("synchronous = FULL");
  connection.pragma(`busy_timeout = ${lockPatience}`);
  const update = (sql) => async () => void connection.prepare(sql).run();
  const work = (count, processor, callbacks) => {
    for (let i = 0; i < count; ++i) {
      void defineWorker(queueName, processor, { queue, logger: quiet, pollIntervall: 10, ...callbacks }).start();
    }
  };
  return {
    async enqueue(count) {
      for (const batch of batches(count, batchSize)) queue.addMany(queueName, batch);
    },
    async drain(_way, jobs) {
      work(1, async () => jobs.started(), { onCompleted: () => jobs.ended(1) });
    },
    async hold(count) {
      const running = [];
      const started = new Promise((resolve) => {
        work(count, (job) => {
          if (running.push(job) === count) resolve();
          return never;
        });
      });
      await started;
    },
    async counts() {
      return {
        queued: queue.countJobs({ type: queueName, status: JobStatus.Pending }),
        running: queue.countJobs({ type: queueName, status: JobStatus.Processing }),
      };
    },
    cancels: {
      cancel: update(`UPDATE plainjob_jobs SET status = ${JobStatus.Failed}, error = 'cancelled',
                      failed_at = 1000 * unixepoch() WHERE status = ${JobStatus.Pending}`),
      "cancel, deleting": update(`DELETE FROM plainjob_jobs WHERE status = ${JobStatus.Pending}`),
    },
    // What another client that wants to write has to wait for.
    async probe() {
      connection.exec("BEGIN IMMEDIATE; ROLLBACK");
    },
  };
}
