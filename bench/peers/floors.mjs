// What the disk and SQLite can do by themselves, in the same minute.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";

import Database from "better-sqlite3";

const warmUps = 200;
const samples = 1000;
const pageSize = 4096;

// Seconds of each.
function measure(work) {
  const seconds = [];
  for (let i = 0; i < warmUps + samples; ++i) {
    const from = performance.now();
    work(i);
    if (i >= warmUps) seconds.push((performance.now() - from) / 1000);
  }
  return seconds;
}

function commits(path) {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec("CREATE TABLE engine (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL)");
  database.exec("INSERT INTO engine VALUES (1, 0)");
  const update = database.prepare("UPDATE engine SET epoch = epoch + 1 WHERE id = 1"); // a change each time
  const seconds = measure(() => update.run());
  database.close();
  return seconds;
}

function flushes(path) {
  const file = openSync(path, "w");
  const page = Buffer.alloc(pageSize);
  const seconds = measure((i) => {
    page.writeUInt32LE(i);
    writeSync(file, page, 0, pageSize, 0);
    fdatasyncSync(file);
  });
  closeSync(file);
  return seconds;
}

export function floors(folder) {
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const commit = commits(`${folder}/floor.db`);
  const flush = flushes(`${folder}/floor.bin`);
  for (const end of ["db", "db-wal", "db-shm", "bin"]) rmSync(`${folder}/floor.${end}`, { force: true });
  const ofCommit = "one row, WAL, synchronous=FULL";
  const ofFlush = "4 KiB in place";
  return [
    { work: "bare durable commit, median (c)", value: median(commit) * 1000, unit: "ms", settings: ofCommit },
    { work: "bare durable commits (F)", value: samples / sum(commit), unit: "/s", settings: ofCommit },
    { work: "write of a page and fdatasync, median", value: median(flush) * 1000, unit: "ms", settings: ofFlush },
    { work: "writes of a page and fdatasync", value: samples / sum(flush), unit: "/s", settings: ofFlush },
  ];
}
