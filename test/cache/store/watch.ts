import type { CacheEntry } from '../../../src/cache/store/cache-store.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { entry } from './contract.ts';
import type { RedisStoreUse } from './use-stores.ts';

/** For a machine that others use, too. */
export const MOMENT_MS = 1_500;
/** Who has not heard from Redis for so long serves nothing from memory. */
const DEAF_MS = 5_000;
/** What a master has got at the last may not have come to its replica. */
const LAST_MS = 500;

/** Of one key: what it is now was changed, and said to be by that time. */
interface Change {
  readonly by: RedisStoreUse;
  readonly version: number;
  /** From then on whoever did it serves nothing older. */
  readonly begunAt: number;
  /** From then on nobody does; never: the fleet could not be told. */
  toldAt: number;
}

interface Read {
  readonly by: RedisStoreUse;
  readonly key: string;
  readonly isOfFleet: boolean;
  readonly begunAt: number;
}

interface Outage {
  readonly killedAt: number;
  /** When invalidating went on. */
  overAt: number;
}

/** Values that change, what stores keep of them, and what they should not have given. */
export class Watch {
  readonly wrong: string[] = [];
  /** Of this process's own time. */
  slowestMs = 0;
  /** So many values were read. */
  given = 0;
  readonly #outages: Outage[] = [];
  readonly #versions: Map<string, number>;
  readonly #changes = new Map<string, Change[]>();
  readonly #leaseMs: number;

  constructor(keys: readonly string[], leaseMs: number) {
    this.#versions = new Map(keys.map(key => [key, 1]));
    for (const key of keys) this.#changes.set(key, []);
    this.#leaseMs = leaseMs;
  }

  /** A master is killed now. */
  killed(): void {
    this.#outages.push({ killedAt: performance.now(), overAt: Number.POSITIVE_INFINITY });
  }

  /** As whoever computes it: what was read before an invalidation may be put after it. */
  make(by: RedisStoreUse, key: string): CacheEntry {
    const since = by.store.mark();
    const version = this.#versions.get(key) as number;
    return entry(by, { parts: [Buffer.from(String(version))], tags: [`of-${key}`], since });
  }

  /** @param further tags that are nobody's */
  async change(by: RedisStoreUse, key: string, further: readonly string[] = []): Promise<void> {
    const version = (this.#versions.get(key) as number) + 1;
    this.#versions.set(key, version);
    const begunAt = performance.now();
    const change: Change = { by, version, begunAt, toldAt: Number.POSITIVE_INFINITY };
    this.#changes.get(key)?.push(change);
    try {
      await by.store.invalidate([`of-${key}`, ...further]);
    } catch {
      return;
    }
    change.toldAt = performance.now();
    for (const outage of this.#outages)
      if (begunAt > outage.killedAt + LAST_MS) outage.overAt = Math.min(outage.overAt, change.toldAt);
  }

  async read(by: RedisStoreUse, keys: readonly string[], isOfFleet: boolean): Promise<void> {
    const begunAt = performance.now();
    using time = startOwnTime();
    const options = isOfFleet ? { pastMemory: true, fleetOnly: true } : {};
    const found = await by.store.get(keys, options);
    this.slowestMs = Math.max(this.slowestMs, time.ms);
    for (const [i, key] of keys.entries()) this.#check({ by, key, isOfFleet, begunAt }, found[i]);
  }

  /** Makes it where it is to. @returns whether it is there, or was to be made */
  async claim(by: RedisStoreUse, key: string): Promise<boolean> {
    const begunAt = performance.now();
    using time = startOwnTime();
    const terms = { until: 'fresh', after: by.now(), leaseMs: this.#leaseMs } as const;
    const [claimed] = await by.store.claim([{ key, storedAfter: 0 }], terms);
    this.slowestMs = Math.max(this.slowestMs, time.ms);
    this.#check({ by, key, isOfFleet: false, begunAt }, claimed?.entry);
    if (claimed?.lease) {
      by.store.put(key, this.make(by, key));
      claimed.lease.release();
    }
    return claimed?.isEnough === true || claimed?.lease != null;
  }

  #check({ by, key, isOfFleet, begunAt }: Read, found: CacheEntry | undefined): void {
    if (found === undefined) return;
    this.given++;
    const version = Number(found.parts[0]);
    for (const change of this.#changes.get(key) ?? []) {
      if (version >= change.version) continue;
      const isOwn = change.by === by && change.begunAt < begunAt;
      const isToldOf = change.toldAt + (isOfFleet ? 0 : DEAF_MS) < begunAt;
      if (!isOwn && (!isToldOf || this.#mayBeLost(change, begunAt))) continue;
      const how = `own ${isOwn}, fleet ${isOfFleet}, ${Math.round(begunAt - change.toldAt)} ms after it was told`;
      this.wrong.push(`${key}: ${version} instead of ${change.version}, ${how}`);
    }
  }

  #mayBeLost({ toldAt }: Change, begunAt: number): boolean {
    return this.#outages.some(
      ({ killedAt, overAt }) =>
        toldAt > killedAt - LAST_MS && toldAt < killedAt + LAST_MS && begunAt < overAt + MOMENT_MS,
    );
  }
}
