/**
 * What one bucket holds, counted by one algorithm: the smallest thing that decides. All times are whole milliseconds
 * of one clock. A clock that steps back finds the bucket as it was at the latest time seen, never fuller.
 */
export interface Meter {
  /** Entries kept beyond a few numbers: what a log costs. */
  readonly size: number;
  /** Whole units that can be taken at `now`; negative in debt. */
  available(now: number): number;
  /** Only after {@link available} said that there are so many at the same `now`. */
  spend(units: number, now: number): void;
  /** Makes a take at `takenAt` one of `units` fewer; of more when negative, which may end in debt. */
  amend(units: number, takenAt: number, now: number): void;
  /** Milliseconds until the bucket is full if nothing more is spent. */
  fullAfter(now: number): number;
  /** Milliseconds until so many units can be taken, which must not be more than the bucket ever holds. */
  waitFor(units: number, now: number): number;
}
