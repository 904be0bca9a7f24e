import type { Clock } from '../../shared/clock.ts';

/** How late the event loop is. */
export interface LagMeter {
  /** Smoothed. */
  readonly lagMs: number;
  /** To be called by a timer every {@link SAMPLE_MS}. */
  sample(): void;
}

export const SAMPLE_MS = 100;

/** Of the newest sample; with it lag that stays is believed after a few, and forgotten as fast. */
const WEIGHT = 0.3;

/** Of what may be at most: a single pause (garbage, a suspended machine), however long, is not yet overload. */
const LONGEST_SHARE = 2;

/** What a timer is late by is what anything that waits for its turn is late by. */
export function createLagMeter(clock: Clock, maxLagMs: number): LagMeter {
  let sampledAt = clock.elapsed();
  let lagMs = 0;
  return {
    get lagMs() {
      return lagMs;
    },
    sample() {
      const now = clock.elapsed();
      const lateMs = Math.max(0, now - sampledAt - SAMPLE_MS);
      sampledAt = now;
      lagMs += WEIGHT * (Math.min(lateMs, LONGEST_SHARE * maxLagMs) - lagMs);
    },
  };
}
