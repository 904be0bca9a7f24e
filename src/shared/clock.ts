/** Time as an argument, so that logic can be tested by moving it by hand. Milliseconds throughout. */
export interface Clock {
  /** Wall time, ms since the epoch. */
  now(): number;
  /** Monotonic time with sub-millisecond parts; only differences mean anything. */
  elapsed(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};
