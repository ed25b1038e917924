// How many occurrences a second of processor time croner (npm) finds. Run by tools/bench_peers; argument: its module's path.
const { Cron } = await import(process.argv[2]);
const expressions = {
  "cron(*/5 * * * * ? *)": "*/5 * * * * *",
  "cron(0 3 ? * SUN#2 *)": "0 0 3 * * SUN#2",
  "cron(0 3 L * ? *)": "0 0 3 L * *",
  "cron(0 3 LW * ? *)": "0 0 3 LW * *",
  "cron(0 3 29 2 ? *)": "0 0 3 29 2 *",
};
const begin = new Date("2026-01-01T00:00:00Z");
for (const [name, text] of Object.entries(expressions)) {
  try {
    const cron = new Cron(text, { timezone: "America/New_York", paused: true });
    let at = begin;
    let done = 0;
    const from = process.cpuUsage();
    let seconds = 0;
    while (seconds < 1) {
      at = cron.nextRun(at) ?? begin;
      ++done;
      if (done % 64 == 0) seconds = process.cpuUsage(from).user / 1e6;
    }
    console.log(`croner ${name.padEnd(26)} ${Math.round(done / seconds)}/s`);
  } catch (error) {
    console.log(`croner ${name.padEnd(26)} can't: ${error.message}`);
  }
}
