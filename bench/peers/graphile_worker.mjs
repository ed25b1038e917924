// graphile-worker: a queue in PostgreSQL.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

import { batches, never, queueName } from "./jobs.mjs";

export const server = "postgres";
export const packages = ["graphile-worker"];
const addBatch = 10_000;
const failBatch = 10_000;
export const settings = {
  enqueue: `addJobs, ${addBatch} a call`,
  cancel: `ids by SELECT, then permanentlyFailJobs(ids), ${failBatch} a call`,
  "cancel, by SQL": "its complete_jobs over the ids of a SELECT: deletes them",
};
export const inFlight = [1, 10, 100, 1000];
// Its page on performance has these, with a pool of one connection more than jobs, in one process and in four; and
// says that more may be better for short jobs.
const documented = {
  concurrentJobs: 24,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
export const waysToDrain = [
  { processes: 1, ...documented },
  { processes: 2, ...documented },
  { processes: 4, ...documented },
  { processes: 1, ...documented, concurrentJobs: 100, localQueue: { size: 2000 }, completeJobBatchDelay: 10 },
];
// No local queue: what is in it, is claimed, too.
export const wayToHave = (jobs) => ({ processes: 1, concurrentJobs: jobs });

// Connections of a process; more are no help on any machine that this is likely to run on.
const poolSize = (jobs) => Math.min(jobs + 1, 100);

const quiet = new Logger(() => (level, message) => {
  if (level === "error" || level === "warning") console.error(message);
});

export async function open({ socket, database }) {
  const access = { host: socket, user: "peers", database };
  const complain = (error) => console.error(error);
  const connect = (max) => {
    const made = new pg.Pool({ ...access, max });
    made.on("error", complain);
    made.on("connect", (client) => client.on("error", complain));
    return made;
  };
  const pool = connect(2);
  const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet });
  await utils.migrate();
  // What locks a job but hasn't started it, counts as queued only when nothing holds it.
  const available = "FROM graphile_worker.jobs WHERE locked_at IS NULL AND attempts < max_attempts";
  const always = { logger: quiet, noHandleSignals: true, parsedCronItems: [] };
  const work = (worker, task) => {
    const pgPool = connect(poolSize(worker.concurrentJobs));
    return run({ ...always, pgPool, preset: { worker }, taskList: { [queueName]: task } });
  };
  return {
    async enqueue(count) {
      for (const batch of batches(count, addBatch)) {
        await utils.addJobs(batch.map((payload) => ({ identifier: queueName, payload })));
      }
    },
    async drain({ processes: _, ...worker }, jobs) {
      await work(worker, async () => {
        jobs.started();
        jobs.ended(1);
      });
    },
    async hold(count) {
      let running = 0;
      await new Promise((resolve) => {
        void work({ concurrentJobs: count }, () => {
          if (++running === count) resolve();
          return never;
        });
      });
    },
    async counts() {
      const { rows } = await pool.query(`SELECT (SELECT count(*)::int ${available}) AS queued,
          (SELECT count(*)::int FROM graphile_worker.jobs WHERE locked_at IS NOT NULL) AS running`);
      return rows[0];
    },
    cancels: {
      async cancel() {
        const { rows } = await pool.query(`SELECT id ${available}`);
        const ids = rows.map((row) => row.id);
        for (let i = 0; i < ids.length; i += failBatch) {
          await utils.permanentlyFailJobs(ids.slice(i, i + failBatch), "cancelled");
        }
      },
      async "cancel, by SQL"() {
        await pool.query(`SELECT count(*) FROM graphile_worker.complete_jobs((SELECT array_agg(id) ${available}))`);
      },
    },
    async probe() {
      await pool.query("SELECT 1");
    },
  };
}
