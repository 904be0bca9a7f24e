import { afterAll, describe, expect, test } from 'vitest';
import {
  type Bucket,
  type BucketLimit,
  type BucketPlan,
  planBucket,
  type RateLimitAlgorithm,
} from '../../../../src/policy/rate-limit/bucket.ts';
import type { BucketState } from '../../../../src/policy/rate-limit/bucket-store.ts';
import { BEGIN, endStores, STORE_KINDS, useStore } from './use-stores.ts';

const HOUR = 3_600_000;

afterAll(endStores);

function limit(id: string, parts: Partial<BucketLimit> = {}): BucketPlan {
  return planBucket({ id, algorithm: 'token-bucket', limit: 10, windowMs: HOUR, burst: null, ...parts });
}

function of(plan: BucketPlan, units = 1, more: { owner?: string; part?: string } = {}): Bucket {
  return { plan, units, owner: more.owner ?? 'u-1', part: more.part ?? null };
}

const remaining = (states: readonly BucketState[]): readonly number[] => states.map(state => state.remaining);

/** Each way of counting, and a log that is too long to be one. */
const ALGORITHMS: readonly [name: string, algorithm: RateLimitAlgorithm, exactLogUpTo: number][] = [
  ['token-bucket', 'token-bucket', 0],
  ['leaky-bucket', 'leaky-bucket', 0],
  ['sliding-window, exact', 'sliding-window', 1_000],
  ['sliding-window, counted', 'sliding-window', 0],
  ['fixed-window', 'fixed-window', 0],
];

describe.each(STORE_KINDS)('buckets in %s', kind => {
  describe.each(ALGORITHMS)('%s', (_, algorithm, exactLogUpTo) => {
    // Its windows begin at BEGIN too.
    const plan = planBucket({ id: 'a', algorithm, limit: 10, windowMs: 100_000, burst: null }, exactLogUpTo);

    test('lets through what the limit allows and refuses the next, which spends nothing', async () => {
      await using used = await useStore(kind);
      for (let left = 9; left >= 0; left--) {
        const { isTaken, states } = await used.store.take([of(plan)]);
        expect({ isTaken, left: remaining(states) }).toEqual({ isTaken: true, left: [left] });
      }
      const refused = await used.store.take([of(plan)]);
      expect(refused).toMatchObject({ isTaken: false, states: [{ isAllowed: false, isTaken: false }] });
      expect(remaining(await used.store.read([of(plan)]))).toEqual([0]);
    });

    test('lets through again after the time it told, and not a millisecond before', async () => {
      await using used = await useStore(kind);
      const now = BEGIN + 250_003;
      for (const [at, units] of [
        [now - 180_000, 3],
        [now - 99_999, 7],
        [now - 20_000, 2],
        [now - 7_001, 1],
        [now, 6],
        [now, 1],
        [now, 1],
      ] as const) {
        used.setNow(at);
        await used.store.take([of(plan, units)]);
      }
      const wait = (await used.store.take([of(plan, 8)])).states[0]?.retryAfterMs as number;
      expect(wait).toBeGreaterThan(0);
      used.setNow(now + wait - 1);
      expect(await used.store.take([of(plan, 8)])).toMatchObject({ isTaken: false });
      used.setNow(now + wait);
      expect(await used.store.take([of(plan, 8)])).toMatchObject({ isTaken: true });
    });

    test('is full after the time it told, and not a millisecond before', async () => {
      await using used = await useStore(kind);
      used.setNow(BEGIN + 33_333);
      const [state] = (await used.store.take([of(plan, 3)])).states;
      const after = state?.resetAfterMs as number;
      used.setNow(BEGIN + 33_333 + after - 1);
      const [before] = await used.store.read([of(plan)]);
      expect(before?.resetAfterMs).toBe(1);
      used.setNow(BEGIN + 33_333 + after);
      expect(await used.store.read([of(plan)])).toEqual([
        expect.objectContaining({ remaining: 10, resetAfterMs: 0 }),
      ]);
    });

    test('never lets through more at once than it holds, and says so', async () => {
      await using used = await useStore(kind);
      const { states } = await used.store.take([of(plan, 11)]);
      expect(states).toMatchObject([{ isAllowed: false, retryAfterMs: null, remaining: 10 }]);
      const huge = await used.store.take([of(plan, Number.MAX_SAFE_INTEGER)]);
      expect(huge.states).toMatchObject([{ isAllowed: false, retryAfterMs: null, remaining: 10 }]);
    });

    test('gives back, and never beyond a full bucket', async () => {
      await using used = await useStore(kind);
      const [taken] = (await used.store.take([of(plan, 8)])).states;
      const settlement = { bucket: of(plan), takenAt: taken?.at as number };
      expect(remaining(await used.store.settle([{ ...settlement, units: 5 }]))).toEqual([7]);
      expect(remaining(await used.store.settle([{ ...settlement, units: 500 }]))).toEqual([10]);
      expect(await used.store.take([of(plan, 11)])).toMatchObject({ isTaken: false });
      expect(await used.store.take([of(plan, 10)])).toMatchObject({ isTaken: true });
    });

    test('charges more than was taken, into debt if need be, and lets nothing through until that is paid', async () => {
      await using used = await useStore(kind);
      const [taken] = (await used.store.take([of(plan, 8)])).states;
      const settled = await used.store.settle([
        { bucket: of(plan), units: -12, takenAt: taken?.at as number },
      ]);
      expect(remaining(settled)).toEqual([0]);
      const refused = await used.store.take([of(plan, 1)]);
      const wait = refused.states[0]?.retryAfterMs as number;
      used.setNow(BEGIN + wait - 1);
      expect(await used.store.take([of(plan, 1)])).toMatchObject({ isTaken: false });
      used.setNow(BEGIN + wait);
      expect(await used.store.take([of(plan, 1)])).toMatchObject({ isTaken: true });
    });

    test('charges what was taken for nothing', async () => {
      await using used = await useStore(kind);
      const [taken] = (await used.store.take([of(plan, 0)])).states;
      await used.store.settle([{ bucket: of(plan), units: -4, takenAt: taken?.at as number }]);
      expect(remaining(await used.store.read([of(plan)]))).toEqual([6]);
    });

    test('is not made fuller by a clock that steps back', async () => {
      await using used = await useStore(kind);
      await used.store.take([of(plan, 10)]);
      used.setNow(BEGIN - 70_000);
      expect(await used.store.take([of(plan)])).toMatchObject({ isTaken: false });
    });
  });

  test('all are taken or none, whoever refuses', async () => {
    await using used = await useStore(kind);
    const [wide, narrow] = [limit('wide'), limit('narrow', { limit: 2, algorithm: 'fixed-window' })];
    const both = [of(wide, 1, { owner: 'tenant-1' }), of(narrow, 1, { owner: 'u-1' })];
    await used.store.take(both);
    await used.store.take(both);
    const refused = await used.store.take(both);
    expect(refused).toMatchObject({
      isTaken: false,
      states: [
        { isAllowed: true, isTaken: false, remaining: 8, retryAfterMs: 0 },
        { isAllowed: false, isTaken: false, remaining: 0 },
      ],
    });
    expect(remaining(await used.store.read(both))).toEqual([8, 0]);
    expect(await used.store.take([...both].reverse())).toMatchObject({ isTaken: false });
    expect(remaining(await used.store.read(both))).toEqual([8, 0]);
  });

  test('of a refused take each bucket tells what it has, and not what another has', async () => {
    await using used = await useStore(kind);
    const plan = limit('each');
    const owners = ['u-1', 'u-2', 'u-3', 'u-4'].map((owner, i) => of(plan, 1 + 2 * i, { owner }));
    await used.store.take(owners);
    const { isTaken, states } = await used.store.take(owners);
    expect(isTaken).toBe(false);
    expect(states.map(({ isTaken, isAllowed }) => [isTaken, isAllowed])).toEqual([
      [false, true],
      [false, true],
      [false, true],
      [false, false],
    ]);
    expect(remaining(states)).toEqual([9, 7, 5, 3]);
    expect(remaining(await used.store.read(owners))).toEqual([9, 7, 5, 3]);
  });

  test('a bucket that is named twice is asked for the sum', async () => {
    await using used = await useStore(kind);
    const plan = limit('once', { limit: 5 });
    const refused = await used.store.take([of(plan, 3), of(plan, 3)]);
    expect(refused).toMatchObject({
      isTaken: false,
      states: [{ isAllowed: true }, { isAllowed: false, retryAfterMs: null }],
    });
    const taken = await used.store.take([of(plan, 3), of(plan, 2)]);
    expect(taken.isTaken).toBe(true);
    expect(remaining(taken.states)).toEqual([0, 0]);
    used.setNow(BEGIN + HOUR);
    expect(remaining(await used.store.read([of(plan)]))).toEqual([5]);
  });

  test('a part that refuses is left out with all its buckets, and the rest is taken', async () => {
    await using used = await useStore(kind);
    const [all, field, other] = [limit('all'), limit('field', { limit: 1 }), limit('other')];
    const buckets = [
      of(field, 2, { part: 'Query.slow' }),
      of(other, 3, { part: 'Query.slow', owner: 'tenant-1' }),
      of(other, 4, { part: 'Query.fast', owner: 'tenant-1' }),
      of(all, 1),
    ];
    const result = await used.store.take(buckets);
    expect(result.isTaken).toBe(true);
    expect(result.states.map(({ isAllowed, isTaken }) => [isAllowed, isTaken])).toEqual([
      [false, false],
      [true, false],
      [true, true],
      [true, true],
    ]);
    expect(
      remaining(await used.store.read([of(field), of(other, 0, { owner: 'tenant-1' }), of(all)])),
    ).toEqual([1, 6, 9]);
  });

  test('a part never takes what the whole operation needs, and nothing of it is taken when that is refused', async () => {
    await using used = await useStore(kind);
    const plan = limit('shared', { limit: 3 });
    const result = await used.store.take([of(plan, 2, { part: 'a' }), of(plan, 2)]);
    expect(result).toMatchObject({ isTaken: true, states: [{ isTaken: false }, { isTaken: true }] });
    expect(await used.store.take([of(plan, 1, { part: 'a' }), of(plan, 2)])).toMatchObject({
      isTaken: false,
    });
    expect(remaining(await used.store.read([of(plan)]))).toEqual([1]);
  });

  test('owners do not share, limits do not share, and a limit with other numbers begins anew', async () => {
    await using used = await useStore(kind);
    const plan = limit('mine');
    await used.store.take([of(plan, 10)]);
    const others = [of(plan, 1, { owner: 'u-2' }), of(limit('yours')), of(limit('mine', { limit: 11 }))];
    expect(remaining(await used.store.read(others))).toEqual([10, 10, 11]);
  });

  test.each(['', '}', '{a}', '{}', 'ü{', 'a b', '#', 'u-1:mine', '\u0000'])(
    'an owner may be called %j',
    async owner => {
      await using used = await useStore(kind);
      const [one, two] = [limit('one'), limit('two')];
      await used.store.take([of(one, 4, { owner }), of(two, 5, { owner }), of(two, 1, { owner: 'other' })]);
      expect(remaining(await used.store.read([of(one, 0, { owner }), of(two, 0, { owner })]))).toEqual([
        6, 5,
      ]);
    },
  );

  test('an owner may have a long name, as long as a header may be', async () => {
    await using used = await useStore(kind);
    const [owner, other] = [`${'x'.repeat(9_000)}1`, `${'x'.repeat(9_000)}2`];
    const plan = limit('long');
    await used.store.take([of(plan, 4, { owner })]);
    expect(remaining(await used.store.read([of(plan, 0, { owner }), of(plan, 0, { owner: other })]))).toEqual(
      [6, 10],
    );
  });

  test('reset makes full, for the one who is named', async () => {
    await using used = await useStore(kind);
    const plan = limit('back');
    await used.store.take([of(plan, 4), of(plan, 3, { owner: 'u-2' })]);
    await used.store.reset([of(plan)]);
    expect(remaining(await used.store.read([of(plan), of(plan, 0, { owner: 'u-2' })]))).toEqual([10, 7]);
  });

  test('nothing to do is done', async () => {
    await using used = await useStore(kind);
    expect(await used.store.take([])).toEqual({ isTaken: true, states: [] });
    expect(await used.store.settle([])).toEqual([]);
    expect(await used.store.read([])).toEqual([]);
    await used.store.reset([]);
    expect(await used.store.take([of(limit('free'), 0)])).toMatchObject({ isTaken: true });
  });

  test('what costs nothing is let through in debt too', async () => {
    await using used = await useStore(kind);
    const plan = limit('debt');
    const [taken] = (await used.store.take([of(plan, 10)])).states;
    await used.store.settle([{ bucket: of(plan), units: -50, takenAt: taken?.at as number }]);
    expect(await used.store.take([of(plan, 0)])).toMatchObject({ isTaken: true });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d units are no count', async units => {
    await using used = await useStore(kind);
    const plan = limit('odd');
    await expect(used.store.take([of(plan), of(plan, units)])).rejects.toThrow(RangeError);
    expect(remaining(await used.store.read([of(plan)]))).toEqual([10]);
    if (units > 0 || Number.isNaN(units)) {
      await expect(used.store.settle([{ bucket: of(plan), units, takenAt: BEGIN }])).rejects.toThrow(
        RangeError,
      );
    }
  });
});
