// What a run has found: samples in, JSON out. tools/bench_table.py says what it came to.

export class Rows {
  #rows = new Map();
  #floors = {};

  // What rates ("/s") and times ("ms") are beside from now on: each { letter, value }.
  setFloors(floors) {
    this.#floors = floors;
  }

  // One more sample of `value`.
  add({ value, ...row }) {
    const key = JSON.stringify([row.peer, row.work, row.n]);
    if (!this.#rows.has(key)) this.#rows.set(key, { ...row, values: [], ratios: [] });
    const found = this.#rows.get(key);
    Object.assign(found, row); // of the newest
    found.values.push(value);
    const floor = row.n !== null && this.#floors[row.unit];
    if (!floor) return;
    found.floor = floor.letter;
    found.ratios.push(value / floor.value);
  }

  // One object, as lull_bench writes it: versions, figures with the values of all rounds, and failures as texts; a
  // peer's figures have `peer`, `work` and `settings`, too. `notes`: what was left out, and why.
  json(notes, failures) {
    const versions = {};
    const figures = [...this.#rows.values()].map(({ version, ratios, n, ...row }) => {
      versions[row.peer] = version;
      const name = `${row.peer}: ${row.work}`;
      return {
        name: n === null ? name : `${name}, ${n}`,
        ...row,
        ...(ratios.length > 0 && { ratios }),
        ...(n !== null && { n }),
      };
    });
    return `${JSON.stringify({ ...versions, notes, failures, figures }, null, 1)}\n`;
  }
}
