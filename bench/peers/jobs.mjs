// What all peers are given: jobs that name a node, as Lull's invocations do.

export const queueName = "patch";

export function* payloads(count) {
  for (let i = 0; i < count; ++i) yield { node: `mi-${i.toString(16).padStart(17, "0")}` };
}

// The same, in arrays of `size` at most.
export function* batches(count, size) {
  let batch = [];
  for (const payload of payloads(count)) {
    if (batch.push(payload) === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length) yield batch;
}

export const never = new Promise(() => {});
