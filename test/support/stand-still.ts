/** As a process that others have taken the machine from: it neither works nor waits, and what comes meanwhile lies there. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
