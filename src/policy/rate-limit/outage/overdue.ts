import type { Bucket, BucketName } from '../bucket.ts';
import type { BucketStore, Settlement } from '../bucket-store.ts';
import type { MemoryBucketStore } from '../stores/memory-store.ts';

interface Debt {
  /** As the shared store knows it. */
  readonly shared: BucketName;
  /** As it was counted here. */
  readonly here: BucketName;
}

/** Of more buckets than that what was admitted is not charged afterwards. */
const MAX_DEBTS = 10_000;
const DEBTS_AT_ONCE = 200;

/** What was admitted while the shared store was gone, to be charged when it is back. */
export class Overdue {
  readonly #debts = new Map<string, Debt>();
  readonly #local: MemoryBucketStore;

  constructor(local: MemoryBucketStore) {
    this.#local = local;
  }

  add(shared: Bucket, here: BucketName): void {
    const key = `${here.plan.key} ${here.owner}`;
    if (this.#debts.size >= MAX_DEBTS && !this.#debts.has(key)) return;
    this.#debts.set(key, { shared: { plan: shared.plan, owner: shared.owner }, here });
  }

  /**
   * Charges what has not left its window yet: that is what is missing in the buckets here. Best effort: what fails
   * halfway may have been charged, and is not charged again.
   * @param at now, by the clock of the store.
   */
  async charge(store: BucketStore, at: number): Promise<void> {
    const debts = [...this.#debts.values()];
    this.#debts.clear();
    for (let from = 0; from < debts.length; from += DEBTS_AT_ONCE) {
      const some = debts.slice(from, from + DEBTS_AT_ONCE);
      const states = await this.#local.read(some.map(({ here }) => here));
      await this.#local.reset(some.map(({ here }) => here));
      const settlements = some.flatMap(({ shared, here }, index): Settlement[] => {
        const missing = here.plan.capacity - (states[index]?.remaining ?? here.plan.capacity);
        return missing <= 0 ? [] : [{ bucket: shared, units: -missing, takenAt: at }];
      });
      // Each by itself, which the store puts together: one that fails takes no other along.
      await Promise.allSettled(settlements.map(settlement => store.settle([settlement])));
    }
  }
}
