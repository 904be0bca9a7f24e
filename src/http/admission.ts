/** What an operation was let in with: what it is estimated to cost, and what it took of its limits. */
export interface Admission {
  /** Points; null where costs are not counted. */
  readonly estimated: number | null;
  /** The most it may cost; null: as much as it likes. */
  readonly max: number | null;
  /** Of the response: RateLimit-Policy, RateLimit; the caller's to add to. */
  headers(): Map<string, string>;
  /** What clients are told of their budget of points, by what the operation came to; null where there is none. */
  budget(actual: ActualSpend): CostBudget | null;
  /** The same, where the answer was not made for this operation. */
  budgetCached(): CostBudget | null;
  /** The same of every bucket, for explanations. */
  spent(actual: ActualSpend): SpentBuckets;
  /** Gives back what was taken too much, or charges what was too little. Only the first call counts. */
  settle(actual: ActualSpend): void;
  /** The same, for such an answer. */
  settleCached(): void;
  /** Gives all back, for an operation that there turned out not to be; nothing where it was settled. */
  release(): void;
}

/** What an operation came to. */
export interface ActualSpend {
  /** Points. */
  readonly cost: number;
  /** Null: nobody knows, so it is what was taken. */
  readonly calls: ActualCalls | null;
}

export interface ActualCalls {
  /** By counter; one that is not there counted nothing. */
  readonly counts: readonly number[];
  /** Whether they are all: what is missing from an answer beside an error may have been called. */
  readonly areAll: boolean;
}

export interface CostBudget {
  readonly limit: number;
  readonly remaining: number;
  readonly refillPerSecond: number;
}

export interface SpentBuckets {
  readonly buckets: readonly SpentBucket[];
  /** How many more there are. */
  readonly leftOut: number;
}

/** A bucket of the limits that an operation came under. */
export interface SpentBucket {
  readonly limit: string;
  readonly algorithm: string;
  /** What it spent; 0 where the bucket was exceeded. */
  readonly units: number;
  readonly remaining: number;
  /** Until it is full. */
  readonly resetAfterMs: number;
  /** It had not enough. */
  readonly exceeded: boolean;
  /** Nobody is refused for it. */
  readonly shadow: boolean;
  /** Fields were left out for it, or for another limit of these. */
  readonly pruned: boolean;
}
