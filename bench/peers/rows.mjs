// What a run has found: samples in, JSON and a table out.
import { arch, cpus, release, type } from "node:os";

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const short = (number) => Number(number.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
const isRate = (row) => row.unit === "/s";

const order = ["enqueue", "drain at its best", "drain,", "cancel", "restart", "bare start", "memory", ""];
const place = (row) => order.findIndex((start) => row.work.startsWith(start));
const byPlace = (a, b) =>
  a.n - b.n || place(a) - place(b) || a.work.localeCompare(b.work, "en", { numeric: true });

// What a row competes in: the ways to cancel with each other. null: in nothing.
function contestOf(row) {
  if (/: another|^bare start|^memory, server/.test(row.work)) return null;
  return JSON.stringify([row.n, row.work.startsWith("cancel") ? "cancel" : row.work]);
}

// How many times as fast, or as small, Lull is as the best of the others.
function ahead(lull, rows) {
  const contest = contestOf(lull);
  const isRival = (row) =>
    contestOf(row) === contest ||
    (lull.work === "drain at its best" && row.work.startsWith("drain") && row.n === lull.n);
  const others = rows.filter((row) => row.peer !== "lull" && isRival(row)).map((row) => row.value);
  if (contest === null || others.length === 0) return "";
  return `${short(isRate(lull) ? lull.value / Math.max(...others) : Math.min(...others) / lull.value)} x`;
}

function sideBySide(rows) {
  const peers = [...new Set(rows.map((row) => row.peer))];
  const withLull = peers.includes("lull");
  const lines = new Map();
  for (const row of rows.toSorted(byPlace)) {
    const name = `${row.work}${row.n === null ? "" : `, ${row.n.toLocaleString("en")}`} (${row.unit})`;
    if (!lines.has(name)) lines.set(name, {});
    lines.get(name)[row.peer] = row;
  }
  const titles = [...peers, ...(withLull ? ["Lull ahead"] : [])];
  const width = Math.max(...[...lines.keys()].map((name) => name.length), 0);
  const cells = (values) => values.map((value, i) => value.padStart(Math.max(titles[i].length, 10) + 2)).join("");
  const text = ["".padEnd(width) + cells(titles)];
  for (const [name, found] of lines) {
    const values = peers.map((peer) => (found[peer] ? short(found[peer].value) : ""));
    if (withLull) values.push(found.lull ? ahead(found.lull, rows) : "");
    text.push(name.padEnd(width) + cells(values));
  }
  return text;
}

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

  // Rates beside F, times beside c, of the same run.
  #besideFloor(row) {
    if (row.peer === "floor" || row.n === null) return null;
    const floor = { "/s": "F", ms: "c" }[row.unit];
    if (!floor) return null;
    const found = this.all().find((other) => other.peer === "floor" && other.work.endsWith(`(${floor})`)).value;
    return { floor, ratio: (value) => value / found };
  }

  all() {
    return [...this.rows.values()].map(({ samples, ...row }) => ({ ...row, samples, value: median(samples) }));
  }

  // An object a row.
  lines() {
    const lines = this.all().map(({ samples, ...row }) => {
      const beside = this.#besideFloor(row);
      return {
        ...row, rounds: samples.length, low: Math.min(...samples), high: Math.max(...samples),
        ...(beside && { ratio: beside.ratio(row.value), floor: beside.floor }),
      };
    });
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }

  // One object, as lull_bench writes it: versions, and figures with the values of all rounds. Without Lull's own,
  // which are there already.
  json(notes) {
    const all = this.all().filter((row) => row.peer !== "lull");
    const versions = Object.fromEntries(all.map((row) => [row.peer, row.version]));
    const figures = all.map((row) => {
      const beside = this.#besideFloor(row);
      return {
        name: `${row.peer}: ${row.work}${row.n === null ? "" : `, ${row.n} queued`}`,
        unit: row.unit,
        values: row.samples,
        ...(beside && { floor: beside.floor, ratios: row.samples.map(beside.ratio) }),
        ...(row.n !== null && { curve: `${row.peer}: ${row.work}`, n: row.n }),
        settings: row.settings,
      };
    });
    return `${JSON.stringify({ ...versions, ...(notes.length && { notes }), figures }, null, 1)}\n`;
  }

  table(notes) {
    const rows = this.all();
    const text = [`${type()} ${release()} ${arch()}, ${cpus().length} cores, ${cpus()[0].model.trim()}`];
    const floors = rows.filter(({ peer }) => peer === "floor");
    text.push(...floors.map((row) => `${row.work}: ${short(row.value)} ${row.unit}`));
    const measured = rows.filter(({ peer }) => peer !== "floor");
    // Queues, and schedulers, which have no size.
    for (const part of [measured.filter((row) => row.n !== null), measured.filter((row) => row.n === null)]) {
      if (part.length) text.push("", ...sideBySide(part));
    }
    for (const peer of new Set(rows.map((row) => row.peer))) {
      if (peer === "floor") continue;
      const own = rows.filter((row) => row.peer === peer);
      text.push("", `${peer} (${own[0].version})`);
      const settings = own.flatMap((row) => row.settings.split("; ")).filter(Boolean);
      text.push(...[...new Set(settings)].map((setting) => `  ${setting}`));
    }
    if (notes.length) text.push("", ...notes);
    return `${text.join("\n")}\n`;
  }
}
