// One step of a peer in a process of its own, which run.mjs tells what to do over the channel of a fork.
//
// Argument: the peer's module. Messages: {step, ...}, the first of them "open"; each is answered by {done} or
// {failed}. While a drain goes on, {startedAt} comes once, and {ended} again and again.
import { now, pause } from "./timing.mjs";

const peer = await import(`./${process.argv[2]}.mjs`);
const reportEvery = 2; // ms
let store;

// What a drain tells: that its first job was handed out, and how many have ended.
function jobs() {
  let isFirst = true;
  let ended = 0;
  let told = now();
  let timer;
  const tell = () => {
    clearTimeout(timer);
    timer = undefined;
    told = now();
    process.send({ ended });
    ended = 0;
  };
  return {
    started() {
      if (isFirst) process.send({ startedAt: now() });
      isFirst = false;
    },
    ended(count) {
      ended += count;
      // The clock, too: a peer that never waits starves timers.
      if (now() - told >= reportEvery) tell();
      else timer ??= setTimeout(tell, reportEvery);
    },
  };
}

// Seconds.
async function timed(work) {
  const from = now();
  await work();
  return (now() - from) / 1000;
}

async function longestProbe(state) {
  let longest = 0;
  while (!state.over) {
    longest = Math.max(longest, await timed(() => store.probe()));
    await pause(1);
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
  drain: ({ way }) => store.drain(way, jobs()),
  probe: () => longestProbe(probing),
  endProbe: () => void (probing.over = true),
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
