import type { Bucket, BucketName } from '../bucket.ts';
import type { BucketStore } from '../bucket-store.ts';
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
    const key = keyOf(here);
    if (this.#debts.size >= MAX_DEBTS && !this.#debts.has(key)) return;
    this.#debts.set(key, { shared: { plan: shared.plan, owner: shared.owner }, here });
  }

  /**
   * Charges what has not left its window yet: that is what is missing in the buckets here. Best effort: what fails
   * halfway may have been charged, and is not charged again.
   */
  async charge(store: BucketStore, { at, charged }: Charge): Promise<void> {
    const debts = [...this.#debts.values()];
    this.#debts.clear();
    for (let from = 0; from < debts.length; from += DEBTS_AT_ONCE) {
      const some = debts.slice(from, from + DEBTS_AT_ONCE);
      // In one step: what is settled from then on is settled in the shared store.
      const reading = this.#local.read(some.map(({ here }) => here));
      const forgetting = this.#local.reset(some.map(({ here }) => here));
      for (const { here } of some) charged.add(keyOf(here));
      const [states] = await Promise.all([reading, forgetting]);
      const charges = some.map(async ({ shared, here }, index) => {
        const missing = here.plan.capacity - (states[index]?.remaining ?? here.plan.capacity);
        try {
          if (missing > 0) await store.settle([{ bucket: shared, units: -missing, takenAt: at }]);
          else charged.delete(keyOf(here));
        } catch {
          charged.delete(keyOf(here));
        }
      });
      // Each by itself, which the store puts together: one that fails takes no other along.
      await Promise.all(charges);
    }
  }
}

/** What is charged when the shared store is back. */
export interface Charge {
  /** By the clock of the shared store. */
  readonly at: number;
  /** Buckets here whose debts have been charged, or are being. */
  readonly charged: Set<string>;
}

export function keyOf({ plan, owner }: BucketName): string {
  return `${plan.key} ${owner}`;
}
