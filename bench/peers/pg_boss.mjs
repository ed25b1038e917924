// pg-boss: a queue in PostgreSQL.
import { PgBoss } from "pg-boss";
import pg from "pg";

import { batches, queueName } from "./jobs.mjs";

export const server = "postgres";
export const packages = ["pg-boss"];
const insertBatch = 10_000;
const cancelBatch = 10_000;
export const settings = {
  "": "a queue with a table of its own (partition), pool of 10",
  enqueue: `insert, ${insertBatch} a call, without ids`,
  drain: "loops of fetch and complete",
  cancel: `ids by SELECT, then cancel(ids), ${cancelBatch} a call`,
  "cancel, by SQL": "its own UPDATE without the list of ids",
  "cancel, deleting": "deleteQueuedJobs",
};
export const inFlight = [1, 10, 100, 1000];
export const waysToDrain = [
  { processes: 1, loops: 2, batchSize: 2000 },
  { processes: 1, loops: 4, batchSize: 1000 },
  { processes: 1, loops: 4, batchSize: 2500 },
  { processes: 2, loops: 2, batchSize: 1000 },
];
export const wayToHave = (jobs) => ({ processes: 1, loops: 1, batchSize: jobs });

export async function open({ socket, database }) {
  const access = { host: socket, user: "peers", database };
  const boss = new PgBoss({ ...access, max: 10, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  if (!(await boss.getQueue(queueName))) await boss.createQueue(queueName, { partition: true });
  const pool = new pg.Pool({ ...access, max: 2 });
  const idsOfQueued = async () => {
    const { rows } = await pool.query("SELECT id FROM pgboss.job WHERE name = $1 AND state < 'active'", [queueName]);
    return rows.map((row) => row.id);
  };
  const loop = async (batchSize, jobs) => {
    for (;;) {
      const batch = await boss.fetch(queueName, { batchSize });
      if (batch.length === 0) return;
      jobs.started();
      await boss.complete(queueName, batch.map((job) => job.id));
      jobs.ended(batch.length);
    }
  };
  return {
    async enqueue(count) {
      for (const batch of batches(count, insertBatch)) {
        await boss.insert(queueName, batch.map((data) => ({ data })), { returnId: false });
      }
    },
    async drain({ loops, batchSize }, jobs) {
      await Promise.all(Array.from({ length: loops }, () => loop(batchSize, jobs)));
    },
    async hold(count) {
      const held = await boss.fetch(queueName, { batchSize: count });
      if (held.length !== count) throw new Error(`${held.length} jobs started, not ${count}`);
    },
    async counts() {
      const { rows } = await pool.query(
        `SELECT (count(*) FILTER (WHERE state < 'active'))::int AS queued,
                (count(*) FILTER (WHERE state = 'active'))::int AS running
         FROM pgboss.job WHERE name = $1`, [queueName]);
      return rows[0];
    },
    cancels: {
      async cancel() {
        const ids = await idsOfQueued();
        for (let i = 0; i < ids.length; i += cancelBatch) await boss.cancel(queueName, ids.slice(i, i + cancelBatch));
      },
      async "cancel, by SQL"() {
        await pool.query(`UPDATE pgboss.job SET completed_on = now(), state = 'cancelled'
                          WHERE name = $1 AND state < 'active'`, [queueName]);
      },
      async "cancel, deleting"() {
        await boss.deleteQueuedJobs(queueName);
      },
    },
    async probe() {
      await pool.query("SELECT 1");
    },
  };
}
