// Lull at the same work, out of what lull_bench wrote in the same run.

// What is called differently there: the curve of its figures, and the factor from its unit to that here.
const sameWork = [
  { work: "enqueue", curve: "open targets by their tag", unit: "/s", factor: 1 },
  { work: "cancel", curve: "cancel INVOCATION, one task, median", unit: "ms", factor: 1e-3 },
  { work: "memory, both", curve: "memory", unit: "MiB", factor: 1 },
];

const peak = (figure) => Math.max(...figure.values);

// Rows of a sample each, for Rows.add. What lull_bench has not measured at a size, it has at a greater one.
export function* lullRows(run, counts, atConcurrencies) {
  const points = (curve) => run.figures.filter((figure) => figure.curve === curve).sort((a, b) => a.n - b.n);
  const atLeast = (curve, n) => points(curve).find((figure) => figure.n >= n);
  const row = (work, n, unit, figure) => ({
    peer: "lull", version: `SQLite ${run.sqlite}`, work, n, unit, settings: `${work}: ${figure.name}`,
  });

  for (const figure of run.figures.filter(({ name }) => name.startsWith("occurrences of cron("))) {
    for (const value of figure.values) yield { ...row(figure.name, null, "/s", figure), settings: "", value };
  }
  const drains = points("drain, one execution");
  for (const drain of drains) {
    const inFlight = row(`drain, ${drain.n} in flight`, atConcurrencies, "/s", drain);
    for (const value of drain.values) yield { ...inFlight, value };
  }
  const best = drains.reduce((a, b) => (a && peak(a) > peak(b) ? a : b), null);
  for (const n of counts) {
    for (const value of best?.values ?? []) yield { ...row("drain at its best", n, "/s", best), value };
    for (const { work, curve, unit, factor } of sameWork) {
      const figure = atLeast(curve, n);
      for (const value of figure?.values ?? []) yield { ...row(work, n, unit, figure), value: value * factor };
    }
    // Told beyond a bare start of the process, with the ratio of both.
    const restart = atLeast("restart, queued", n);
    for (const [i, beyond] of restart?.values.entries() ?? []) {
      const bare = beyond / (restart.ratios[i] - 1);
      yield { ...row("bare start of its process", n, "ms", restart), value: bare };
      yield { ...row("restart after kill -9", n, "ms", restart), value: bare + beyond };
    }
  }
}
