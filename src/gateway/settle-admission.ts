import type { ActualSpend, Admission, CostBudget, SpentBuckets } from '../http/admission.ts';
import { type Outcome, type RateLimitVerdict, settlementsOf } from '../policy/rate-limit/admit.ts';
import type { BucketStore } from '../policy/rate-limit/bucket-store.ts';
import { budgetOf } from '../policy/rate-limit/budget.ts';
import { rateLimitHeaders } from '../policy/rate-limit/headers.ts';
import { spentBuckets } from '../policy/rate-limit/spent.ts';

interface AdmissionParts {
  /** Units that a cached answer spends of each limit. */
  readonly cachedWeight: number;
  /** Points; null where costs are not counted. */
  readonly estimated: number | null;
  readonly max: number | null;
  readonly store: BucketStore;
}

/** What one operation took of its limits, to be settled once. */
export class TakenAdmission implements Admission {
  readonly estimated: number | null;
  readonly max: number | null;
  readonly #told: RateLimitVerdict['told'];
  readonly #taken: RateLimitVerdict['taken'];
  readonly #parts: AdmissionParts;
  #isSettled = false;

  constructor({ told, taken }: RateLimitVerdict, parts: AdmissionParts) {
    this.estimated = parts.estimated;
    this.max = parts.max;
    this.#told = told;
    this.#taken = taken;
    this.#parts = parts;
  }

  headers(): Map<string, string> {
    return rateLimitHeaders(this.#told, false);
  }

  budget(actual: ActualSpend): CostBudget | null {
    return budgetOf(this.#taken, madeAnew(actual));
  }

  budgetCached(): CostBudget | null {
    return budgetOf(this.#taken, { isCached: true, units: this.#parts.cachedWeight });
  }

  spent(actual: ActualSpend): SpentBuckets {
    return spentBuckets(this.#taken, madeAnew(actual));
  }

  settle(actual: ActualSpend): void {
    this.#settle(madeAnew(actual));
  }

  settleCached(): void {
    this.#settle({ isCached: true, units: this.#parts.cachedWeight });
  }

  release(): void {
    this.#settle({ isCached: true, units: 0 });
  }

  #settle(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const settlements = settlementsOf(this.#taken, outcome);
    if (settlements.length === 0) return;
    const { store } = this.#parts;
    // Nobody waits for it, and a store that is gone has its own way of making up for it.
    if (store.settleNow !== undefined) store.settleNow(settlements);
    else store.settle(settlements).catch(() => {});
  }
}

/** Named one by one: whoever tells of it may have much else to say. */
function madeAnew({ cost, calls }: ActualSpend): Outcome {
  return { isCached: false, cost, calls };
}
