import { setTimeout as sleep } from 'node:timers/promises';

/** Heap and buffers, in bytes, once all that can be collected has been. In a process with --expose-gc. */
export async function memoryInUse(): Promise<number> {
  for (let turn = 0; turn < 12; turn++) {
    globalThis.gc?.();
    await sleep(5);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
