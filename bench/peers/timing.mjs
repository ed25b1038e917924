// Milliseconds of the machine's monotonic clock: the same in all processes.
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
