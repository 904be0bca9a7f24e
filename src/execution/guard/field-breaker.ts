export type ProbeOutcome = 'success' | 'failure' | 'unknown';

/** A request that decides whether others may follow. It must be ended once, however it ends. */
export interface Probe {
  ended(outcome: ProbeOutcome, at: { readonly now: number; readonly tookMs: number }): void;
}

/** The breaker of one field of one subgraph, as fetches use it. Times are monotonic, ms. */
export interface FieldBreaker {
  readonly subgraph: string;
  /** `Type.field` */
  readonly coordinate: string;
  /** Whether a request may ask for the field now. */
  enter(now: number): 'pass' | 'cut' | Probe;
  /** How a request ended that was let pass. */
  success(now: number, tookMs: number): void;
  failure(now: number, tookMs: number): void;
  isClosed(): boolean;
  retryAfterMs(now: number): number;
  /** Whether an error with this code says nothing about the subgraph's health. */
  isClientFault(code: string | null): boolean;
}
