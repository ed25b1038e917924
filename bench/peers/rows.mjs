// What a run has found: samples in, JSON lines and a table out.
import { arch, cpus, release, type } from "node:os";

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const short = (number) => Number(number.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });

export class Rows {
  constructor() {
    this.rows = new Map();
  }

  // One more sample of `value`; a row is the median of its samples.
  add({ value, ...row }) {
    const key = JSON.stringify([row.peer, row.work, row.n]);
    if (!this.rows.has(key)) this.rows.set(key, { ...row, samples: [] });
    this.rows.get(key).samples.push(value);
  }

  all() {
    return [...this.rows.values()].map(({ samples, ...row }) => ({ ...row, samples, value: median(samples) }));
  }

  // An object a row.
  lines() {
    return this.all()
      .map(({ samples, ...row }) => ({ ...row, rounds: samples.length, low: Math.min(...samples), high: Math.max(...samples) }))
      .map((row) => `${JSON.stringify(row)}\n`)
      .join("");
  }

  // One object, as lull_bench writes it: versions, and figures with the values of all rounds.
  json() {
    const all = this.all();
    const versions = Object.fromEntries(all.map((row) => [row.peer, row.version]));
    const figures = all.map(({ peer, work, n, unit, samples }) => ({
      name: `${peer}: ${work}${n === null ? "" : `, ${n} queued`}`,
      unit,
      values: samples,
      ...(n === null ? {} : { curve: `${peer}: ${work}`, n }),
    }));
    return `${JSON.stringify({ ...versions, figures }, null, 1)}\n`;
  }

  table(notes) {
    const rows = this.all();
    const peers = [...new Set(rows.map((row) => row.peer))].filter((peer) => peer !== "floor");
    const lines = new Map();
    for (const row of rows) {
      if (row.peer === "floor") continue;
      const name = `${row.work}${row.n === null ? "" : `, ${row.n.toLocaleString("en")}`} (${row.unit})`;
      if (!lines.has(name)) lines.set(name, new Map());
      lines.get(name).set(row.peer, row);
    }
    const text = [`${type()} ${release()} ${arch()}, ${cpus().length} cores, ${cpus()[0].model.trim()}`];
    for (const row of rows) if (row.peer === "floor") text.push(`${row.work}: ${short(row.value)} ${row.unit}`);
    const width = Math.max(...[...lines.keys()].map((name) => name.length));
    const columns = peers.map((peer) => Math.max(peer.length, 10) + 2);
    const cells = (values) => values.map((value, i) => value.padStart(columns[i])).join("");
    text.push("", "".padEnd(width) + cells(peers));
    for (const [name, found] of lines) {
      text.push(name.padEnd(width) + cells(peers.map((peer) => (found.has(peer) ? short(found.get(peer).value) : ""))));
    }
    for (const peer of peers) {
      const of = rows.filter((row) => row.peer === peer && row.settings);
      if (of.length === 0) continue;
      text.push("", `${peer} (${of[0].version})`);
      for (const settings of new Set(of.map((row) => row.settings))) text.push(`  ${settings}`);
    }
    if (notes.length) text.push("", ...notes);
    return `${text.join("\n")}\n`;
  }
}
