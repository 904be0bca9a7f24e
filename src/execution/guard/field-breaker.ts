/** Whether a request may ask for a field now. `probe`: it may, and how it ends decides whether others may. */
export type BreakerPassage = 'pass' | 'probe' | 'cut';

/** The breaker of one field of one subgraph, as fetches use it. Times are monotonic, ms. */
export interface FieldBreaker {
  readonly subgraph: string;
  /** `Type.field` */
  readonly coordinate: string;
  /** Of a probe exactly one of `success`, `failure` and `release` must be told. */
  enter(now: number): BreakerPassage;
  success(now: number, tookMs: number): void;
  failure(now: number, tookMs: number): void;
  /** A probe came to nothing: nobody knows more than before. */
  release(): void;
  isClosed(): boolean;
  retryAfterMs(now: number): number;
  /** Whether an error with this code says nothing about the subgraph's health. */
  isClientFault(code: string | null): boolean;
}
