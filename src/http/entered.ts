import type { Admission } from './admission.ts';
import type { BoundOperation } from './bound-operation.ts';
import type { CacheLookup } from './kept-answer.ts';

export interface Admitted {
  readonly operation: BoundOperation;
  /** Null where nothing is counted. */
  readonly admission: Admission | null;
}

/** An operation that may run, or of which the answer is there already. */
export interface Entered extends Admitted {
  /** Null: its answer is not kept. */
  readonly lookup: CacheLookup | null;
}
