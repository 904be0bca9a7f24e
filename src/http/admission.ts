/** What an operation was let in with: what it is estimated to cost, and what it took of its limits. */
export interface Admission {
  /** Points; null where costs are not counted. */
  readonly estimated: number | null;
  /** The most it may cost; null: as much as it likes. */
  readonly max: number | null;
  /** Of the response: RateLimit-Policy, RateLimit. */
  readonly headers: ReadonlyMap<string, string>;
  /** What clients are told of their budget of points, by what the operation came to; null where there is none. */
  budget(actual: number): CostBudget | null;
  /** The same, where the answer was not made for this operation. */
  budgetCached(): CostBudget | null;
  /** Gives back what was taken too much, or charges what was too little. Only the first call counts. */
  settle(actual: number): void;
  /** The same, for such an answer. */
  settleCached(): void;
  /** Gives all back, for an operation that there turned out not to be; nothing where it was settled. */
  release(): void;
}

export interface CostBudget {
  readonly limit: number;
  readonly remaining: number;
  readonly refillPerSecond: number;
}
