import { expect, test } from 'vitest';
import { createCaller } from '../../../src/identity/caller.ts';
import { CallersBuckets } from '../../../src/policy/rate-limit/callers-buckets.ts';
import { ownerOf } from '../../../src/policy/rate-limit/owner.ts';
import { limitsOf } from './limits.ts';
import { type Random, seeded, whole } from './random-schedule.ts';

const SCHEMA = 'type Query { a: Int }';
const KINDS = ['subject', 'ip', 'api-key', 'client', 'tenant', 'persona', 'header:x-key'];

const one = <T>(random: Random, among: readonly T[]): T => among[whole(random, 0, among.length - 1)] as T;

function randomCaller(random: Random) {
  const maybe = (name: string) => one(random, [null, `${name}-1`, `${name}-2`]);
  return createCaller({
    kind: one(random, ['jwt', 'api-key'] as const),
    subject: maybe('u'),
    scopes: new Set(),
    roles: new Set(),
    permissions: new Set(),
    tenant: maybe('t'),
    tier: null,
    client: maybe('c'),
    persona: null,
    claims: {},
  });
}

const COUNTED = { counters: [0], besides: 0 };

/** What is remembered may never be told from what is not: of another caller, address, persona, header or amount. */
test('a bucket that is remembered is the one that would be made anew, whoever has asked before', () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seeded(seed);
    const named = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => {
        const by = KINDS.filter(() => random() < 0.35);
        return [`l${i}`, { limit: 5, by }];
      }),
    );
    // Two generations of the same limits, one after the other and side by side.
    const generations = [1, 2].map(() => ({
      limits: limitsOf({ schema: SCHEMA, rateLimit: { limits: named } }).limits.limits,
      buckets: new CallersBuckets(),
    }));
    const callers = [1, 2, 3].map(() => randomCaller(random));
    for (let step = 0; step < 200; step++) {
      const { limits, buckets } = one(random, generations);
      const limit = one(random, limits);
      const facts = {
        caller: one(random, callers),
        issuer: null,
        ip: one(random, ['192.0.2.1', '192.0.2.2']),
        persona: one(random, [null, 'web', 'mobile']),
        headers: one(random, [{}, { 'x-key': 'a' }, { 'x-key': 'b' }]),
      };
      const units = whole(random, 1, 3);
      const counted = one(random, [null, COUNTED]);
      const bound = buckets.of({ limit, places: null, counted }, facts, units);
      expect(bound.limit).toBe(limit);
      expect(bound).toEqual({
        plan: limit.plan,
        limit,
        owner: ownerOf(limit.by, facts, null),
        units,
        part: null,
        counted,
        pruned: null,
      });
      expect(Object.isFrozen(bound)).toBe(true);
    }
  }
});

test('who comes again for the same is given the same object', () => {
  const [limit] = limitsOf({ schema: SCHEMA, rateLimit: { limits: { a: { limit: 5 } } } }).limits.limits;
  if (limit === undefined) throw new TypeError('no limit');
  const buckets = new CallersBuckets();
  const facts = {
    caller: randomCaller(seeded(1)),
    issuer: null,
    ip: '192.0.2.1',
    persona: null,
    headers: {},
  };
  const of = () => buckets.of({ limit, places: null, counted: null }, { ...facts }, 1);
  expect(of()).toBe(of());
});
