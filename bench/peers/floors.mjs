// What the disk and SQLite can do by themselves, in the same minute.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";

import Database from "better-sqlite3";

import { median, now } from "./timing.mjs";

const warmUps = 50;
const samples = 300;
const pageSize = 4096;

// Seconds of each.
function measure(work) {
  const seconds = [];
  for (let i = 0; i < warmUps + samples; ++i) {
    const from = now();
    work(i);
    if (i >= warmUps) seconds.push((now() - from) / 1000);
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

// Milliseconds of a bare durable commit (c), commits a second (F), and milliseconds of a page written and flushed.
export function floors(folder) {
  const seconds = commits(`${folder}/floor.db`);
  const flush = flushes(`${folder}/floor.bin`);
  for (const end of ["db", "db-wal", "db-shm", "bin"]) rmSync(`${folder}/floor.${end}`, { force: true });
  const all = seconds.reduce((total, each) => total + each, 0);
  return { commit: median(seconds) * 1000, commits: samples / all, flush: median(flush) * 1000 };
}
