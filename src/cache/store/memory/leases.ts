import type { Clock } from '../../../shared/clock.ts';
import { PassingMap } from '../../../shared/passing-map.ts';
import type { Lease } from '../cache-store.ts';

/** More at once than requests would; beyond it the oldest is as good as over. */
const MAX_LEASES = 10_000;

/** Leases of one process, which go by themselves when their time is over. */
export class LocalLeases {
  readonly #held = new PassingMap<string, { readonly until: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string, ms: number): Lease | null {
    const now = this.#clock.elapsed();
    const held = this.#held.get(key);
    if (held !== undefined && held.until > now) return null;
    const own = { until: now + ms };
    this.#held.delete(key);
    this.#held.set(key, own);
    this.#bound();
    return {
      release: () => {
        if (this.#held.get(key) === own) this.#held.delete(key);
      },
    };
  }

  #bound(): void {
    const oldest = this.#held.size > MAX_LEASES ? this.#held.first() : undefined;
    if (oldest !== undefined) this.#held.delete(oldest);
  }
}
