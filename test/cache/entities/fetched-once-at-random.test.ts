import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { EVERYTHING } from '../../../src/cache/policy/tag-names.ts';
import type { CacheStore } from '../../../src/cache/store/cache-store.ts';
import { GatewayError } from '../../../src/errors.ts';
import type { Keeping } from '../../../src/execution/fetch/subgraph-fetch.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { randomId } from '../../../src/shared/random-id.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { useRedisStore } from '../store/use-stores.ts';
import { at } from './kept-graph.ts';
import { askedIds, type KeptShop, startKeptShop } from './kept-shop.ts';

const QUERY = 'query ($ids: [ID!]!) { products(ids: $ids) { id stock price } }';
const IDS = ['1', '2', '3', '4', '5', '6', '7', '8'] as const;
const MAX_AGE_MS = 60_000;

/** Less than anybody waits here for somebody who does not come back. */
const LONGEST_MS = 3_000;

interface World extends AsyncDisposable {
  readonly shops: readonly KeptShop[];
  /** From then on nobody is served what was true before. */
  forgetAll(): Promise<void>;
  pass(ms: number): void;
}

async function inMemory(): Promise<World> {
  const shop = await startKeptShop();
  return {
    shops: [shop],
    forgetAll: async () => void (await shop.store.invalidate([EVERYTHING])),
    pass(ms) {
      shop.clock.at += ms;
    },
    [Symbol.asyncDispose]: shop[Symbol.asyncDispose],
  };
}

async function onRedis(): Promise<World> {
  const prefix = `test-${randomId()}`;
  const uses = [await useRedisStore({ prefix }), await useRedisStore({ prefix })];
  const shops = await Promise.all(uses.map(({ store }) => startKeptShop({}, { store })));
  const now = Date.now();
  for (const { clock } of shops) clock.at = now;
  return {
    shops,
    async forgetAll() {
      for (const { store } of shops) await store.invalidate([EVERYTHING]);
    },
    pass(ms) {
      for (const { clock } of shops) clock.at += ms;
      for (const use of uses) use.pass(ms);
    },
    async [Symbol.asyncDispose]() {
      for (const each of [...shops, ...uses]) await each[Symbol.asyncDispose]();
    },
  };
}

const WORLDS = { memory: inMemory, Redis: onRedis } as const;

interface Chances {
  readonly fails: number;
  readonly isNotKept: number;
  readonly isPrivate: number;
  readonly leaves: number;
  readonly forgets: number;
}

const ALL_GOES_WELL: Chances = { fails: 0, isNotKept: 0, isPrivate: 0, leaves: 0, forgets: 0 };
const ALL_KINDS: Chances = { fails: 0.15, isNotKept: 0.1, isPrivate: 0.1, leaves: 0.1, forgets: 0.1 };

/** A world in which all that can be different is, at random. Stock is the version that was true when it was asked for. */
class Trial {
  readonly #random: () => number;
  readonly #world: World;
  chances = ALL_GOES_WELL;
  /** When each version came to be true. */
  readonly #since: number[] = [];
  /** What nobody is served any more. */
  #forgotten = -1;
  #wanted = 0;
  /** Requests to the stock subgraph, of clients that have left among them. */
  #running = 0;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = createRandom(seed);
    for (const shop of world.shops) this.#script(shop);
    this.#change();
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #isSo(chance: number): boolean {
    return this.#random() < chance;
  }

  #script({ state }: KeptShop): void {
    const pause = async (): Promise<void> => {
      if (this.#isSo(0.8)) await sleep(this.below(6));
    };
    state.before = async subgraph => {
      if (subgraph !== 'stock') return;
      this.#running++;
      await pause();
      if (!this.#isSo(this.chances.fails)) return;
      this.#running--;
      throw new GatewayError('SUBGRAPH_UNAVAILABLE');
    };
    state.after = async subgraph => {
      if (subgraph !== 'stock') return;
      await pause();
      this.#running--;
    };
    state.answering = (result, { subgraph, context }) => {
      if (subgraph !== 'stock') return {};
      if (this.#isSo(this.chances.isNotKept)) return { headers: { 'cache-control': 'no-store' } };
      if (!this.#isSo(this.chances.isPrivate)) return {};
      const text = JSON.stringify(result).replaceAll(/\d+ EUR/g, `of ${context.keeping?.subject}`);
      return { headers: { 'cache-control': 'private' }, result: JSON.parse(text) };
    };
  }

  #change(): void {
    for (const { data } of this.#world.shops) for (const id of IDS) data.stock.set(id, this.#since.length);
    this.#since.push(this.#world.shops[0]?.clock.at ?? 0);
  }

  async pass(): Promise<void> {
    // What has not been answered yet would be kept as of later.
    do await sleep(2);
    while (this.#running > 0);
    const ms = 1 + this.below(30_000);
    this.#world.pass(ms);
    this.#change();
  }

  async forget(): Promise<void> {
    this.#change();
    const version = this.#since.length - 1;
    await this.#world.forgetAll();
    this.#forgotten = Math.max(this.#forgotten, version);
  }

  /** At once: random lists of random callers, and now and then an invalidation in between. */
  async together(): Promise<void> {
    const asking = Array.from({ length: 2 + this.below(7) }, async () => {
      await sleep(this.below(8));
      await this.#ask(this.#anyShop(), this.#someIds());
    });
    if (this.#isSo(this.chances.forgets)) asking.push(sleep(this.below(8)).then(() => this.forget()));
    await Promise.all(asking);
  }

  #anyShop(): KeptShop {
    return this.#world.shops[this.below(this.#world.shops.length)] as KeptShop;
  }

  #someIds(): readonly string[] {
    const from = this.below(IDS.length);
    return [...IDS, ...IDS].slice(from, from + 1 + this.below(5)).sort(() => this.#random() - 0.5);
  }

  #keeping(now: number): Keeping {
    const subject = SUBJECTS[this.below(SUBJECTS.length)] ?? null;
    const factor = this.#isSo(0.2) ? 0.2 : 1;
    return { subject, factor, since: 0, ...(this.#isSo(0.1) && { newerThan: now + this.below(MAX_AGE_MS) }) };
  }

  async #ask(
    shop: KeptShop,
    ids: readonly string[],
    keeping = this.chances === ALL_GOES_WELL ? ONE : this.#keeping(shop.clock.at),
  ): Promise<void> {
    const now = shop.clock.at;
    // The entities, and the root.
    this.#wanted += ids.length + 1;
    const cancel = new Cancellation();
    const oldest = this.#forgotten;
    using time = startOwnTime();
    if (this.#isSo(this.chances.leaves)) setTimeout(() => cancel.cancel(), this.below(8));
    const { data, errors, fallbacks } = await shop.ask(QUERY, { ids }, { cancel, keeping });
    const told = JSON.stringify({ ids, keeping, oldest, data, errors });
    expect(time.ms, told).toBeLessThan(LONGEST_MS);
    if (errors.length > 0) expect(this.chances.fails, told).toBeGreaterThan(0);
    const allowedMs = Math.min(
      MAX_AGE_MS * keeping.factor,
      // Where the subgraph fails, what is not new enough stands in.
      fallbacks.length > 0 ? MAX_AGE_MS : MAX_AGE_MS - Math.max(0, (keeping.newerThan ?? now) - now),
    );
    for (const [i, id] of ids.entries()) {
      expect(at(data, 'products', i, 'id'), told).toBe(id);
      const stock = at(data, 'products', i, 'stock') as number | null;
      if (stock === null) {
        expect(errors, told).toContain('SUBGRAPH_UNAVAILABLE');
        continue;
      }
      expect(stock, told).toBeGreaterThanOrEqual(oldest);
      expect(this.#since[stock + 1] ?? now, told).toBeGreaterThanOrEqual(now - allowedMs);
      expect([`${id} EUR`, `of ${keeping.subject}`], told).toContain(at(data, 'products', i, 'price'));
    }
  }

  /** Nobody waits for anything: whoever asks next does so at once. */
  async expectNothingHeld(): Promise<void> {
    for (const shop of this.#world.shops) {
      const askAll = async (): Promise<void> => {
        await this.forget();
        for (const subject of SUBJECTS) await this.#ask(shop, IDS, { ...ONE, subject });
      };
      // From now on nobody knows of anything that it could not be kept.
      await askAll();
      const claims = vi.spyOn(shop.store, 'claim');
      const unheld = async (): Promise<readonly [number, number]> => {
        claims.mockClear();
        await askAll();
        const claimed = await Promise.all(claims.mock.results.map(({ value }) => value));
        const all = (claimed as Awaited<ReturnType<CacheStore['claim']>>[]).flat();
        return [
          all.filter(({ lease }) => lease !== null).length,
          all.filter(({ lease, isEnough }) => lease === null && !isEnough).length,
        ];
      };
      // Leases are on their way back to Redis.
      await vi.waitFor(async () => {
        const [granted, held] = await unheld();
        expect(held).toBe(0);
        expect(granted).toBeGreaterThanOrEqual(IDS.length);
      }, 900);
      claims.mockRestore();
    }
  }

  /** Whatever is looked for is counted as one thing. */
  async expectAllCounted(): Promise<void> {
    const counts = this.#world.shops.flatMap(shop =>
      ['hit', 'miss', 'stale', 'negative'].map(outcome => shop.count(outcome)),
    );
    const sum = (await Promise.all(counts)).reduce((all, count) => all + count, 0);
    expect(sum).toBe(this.#wanted);
  }
}

const SUBJECTS = ['ann', 'bob', null] as const;

const ONE: Keeping = { subject: 'ann', factor: 1, since: 0 };

const SEEDS = [
  ['memory', 1, 40],
  ['Redis', 2, 15],
] as const;

test.each(SEEDS)(
  'in %s, whatever goes wrong, all are answered in time with what is true, and nothing stays held: seed %i',
  async (place, seed, rounds) => {
    await using world = await WORLDS[place]();
    const trial = new Trial(world, seed);
    for (let round = 0; round < rounds; round++) {
      trial.chances = ALL_KINDS;
      await trial.together();
      if (trial.below(3) === 0) await trial.pass();
      if (trial.below(10) > 0) continue;
      trial.chances = ALL_GOES_WELL;
      await trial.expectNothingHeld();
    }
    await trial.expectAllCounted();
  },
);

test.each(SEEDS)(
  'in %s, where nothing fails, each entity is fetched once: seed %i',
  async (place, seed, rounds) => {
    await using world = await WORLDS[place]();
    const trial = new Trial(world, seed);
    for (let round = 0; round < rounds; round++) {
      await trial.forget();
      for (const shop of world.shops) askedIds(shop);
      await trial.together();
      const ids = world.shops.flatMap(shop => askedIds(shop).flat());
      expect(ids.sort(), `round ${round}`).toEqual([...new Set(ids)]);
    }
    await trial.expectAllCounted();
  },
);
