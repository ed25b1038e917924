// One step of a peer in a process of its own, which run.mjs tells what to do over the channel of a fork.
//
// Argument: the peer's module. Messages: {open}, then {step, ...}; each is answered by {done} or {failed};
// {ended} comes in between while a drain goes on.

const peer = await import(`./${process.argv[2]}.mjs`);
const reportEvery = 2; // ms
let store;

function counter() {
  let ended = 0;
  let told = performance.now();
  let timer;
  const tell = () => {
    clearTimeout(timer);
    timer = undefined;
    told = performance.now();
    process.send({ ended });
    ended = 0;
  };
  return (count) => {
    ended += count;
    // The clock, too: a peer that never waits starves timers.
    if (performance.now() - told >= reportEvery) tell();
    else timer ??= setTimeout(tell, reportEvery);
  };
}

async function timed(work) {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

async function longestProbe(state) {
  let longest = 0;
  while (!state.over) {
    longest = Math.max(longest, await timed(() => store.probe()));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return longest;
}

const probing = { over: false };
const steps = {
  open: async ({ address }) => void (store = await peer.open(address)),
  enqueue: ({ count }) => timed(() => store.enqueue(count)),
  counts: () => store.counts(),
  hold: ({ count }) => store.hold(count),
  cancel: ({ way }) => timed(store.cancels[way]),
  drain: ({ way }) => store.drain(way, counter()),
  probe: () => longestProbe(probing),
  endProbe: () => void (probing.over = true),
  close: () => store.close(),
};

process.on("message", async ({ step, ...options }) => {
  try {
    process.send({ step, done: (await steps[step](options)) ?? null });
  } catch (error) {
    process.send({ step, failed: error.stack });
  }
});
process.on("disconnect", () => process.exit());
process.send({ step: "load", done: null });
