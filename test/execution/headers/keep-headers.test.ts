import { describe, expect, test } from 'vitest';
import type { ResponseRule } from '../../../src/config/header-rules.ts';
import type { ReplyHeaders } from '../../../src/execution/fetch/subgraph-fetch.ts';
import type { CallerFacts } from '../../../src/execution/headers/caller-facts.ts';
import { type CollectedHeaders, compileResponding } from '../../../src/execution/headers/collect-headers.ts';
import { compileKeepHeaders } from '../../../src/execution/headers/keep-headers.ts';
import { createRandom } from '../../../subgraphs/shared/random.ts';

const ADA: CallerFacts = {
  subject: 'ada',
  roles: new Set(),
  tenant: null,
  persona: 'web',
  claims: { plan: 'gold' },
};

const ASKED: ResponseRule = {
  propagate: { name: 'cache-control', algorithm: 'most-restrictive-cache-control', default: 'max-age=50' },
};

const keep = (rules: readonly ResponseRule[], headers: ReplyHeaders) => compileKeepHeaders(rules)(headers);

describe('beside a value is kept', () => {
  test('what rules read, under the names that it came with, and nothing else', () => {
    const rules: ResponseRule[] = [
      { propagate: { name: 'X-A', as: 'x-b' } },
      { propagate: { pattern: '^x-team-' } },
      { remove: { name: 'x-team-secret' } },
      { propagate: { name: 'x-replaced' } },
      { insert: { name: 'x-replaced', value: 'weir' } },
    ];
    const headers = {
      'x-a': '1',
      'x-b': 'other',
      'x-team-a': ['2', '3'],
      'x-team-hop': 'h',
      'x-team-secret': 's',
      'x-team-bad': 'a\u0000b',
      'x-replaced': 'r',
      'x-other': 'o',
      age: '7',
      'cache-control': 'max-age=60',
      connection: 'x-team-hop',
    };
    expect(keep(rules, headers)).toEqual({ 'x-a': ['1'], 'x-team-a': ['2', '3'] });
    expect(keep([ASKED], headers)).toEqual({ age: ['7'], 'cache-control': ['max-age=60'] });
    expect(keep([], headers)).toEqual({});
  });

  test.each<[string, readonly ResponseRule[], ReplyHeaders]>([
    ['with a cookie', [{ propagate: { name: 'set-cookie' } }], { 'set-cookie': ['s=1'] }],
    ['with another header as a cookie', [{ propagate: { name: 'x-s', as: 'Set-Cookie' } }], { 'x-s': 's=1' }],
    ['with too many headers', [{ propagate: { pattern: '^x-' } }], many(65, 1)],
    ['with headers that are too long', [{ propagate: { pattern: '^x-' } }], many(4, 1_024)],
  ])('nothing of a reply %s', (_, rules, headers) => {
    expect(keep(rules, headers)).toBeNull();
  });

  test.each<[string, readonly ResponseRule[], ReplyHeaders]>([
    ['a cookie that no rule passes on', [{ propagate: { pattern: '.' } }], { 'set-cookie': ['s=1'] }],
    [
      'a cookie that is taken out again',
      [{ propagate: { name: 'set-cookie' } }, { remove: { name: 'Set_Cookie' } }],
      { 'set-cookie': ['s=1'] },
    ],
    ['no cookie', [{ propagate: { name: 'set-cookie' } }], {}],
  ])('a value with %s, and no cookie', (_, rules, headers) => {
    expect(keep(rules, headers)).toEqual({});
  });

  test('as many headers as are allowed', () => {
    expect(keep([{ propagate: { pattern: '^x-' } }], many(64, 1))).not.toBeNull();
    expect(keep([{ propagate: { pattern: '^x-' } }], many(3, 1_024))).not.toBeNull();
  });
});

function many(count: number, length: number): ReplyHeaders {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'.repeat(length)]));
}

test('a cookie is never given again, whatever stands beside a kept value', () => {
  const collector = compileResponding(new Map([['a', [{ propagate: { name: 'set-cookie' } }]]]))?.collect();
  collector?.recalled('a', { 'set-cookie': ['s=1'] }, 0);
  expect(collector?.collected().for(ADA).lines).toEqual([]);
});

describe('how long an answer may be kept', () => {
  const controlOf = (headers: ReplyHeaders, ageMs: number) => {
    const responding = compileResponding(new Map([['a', [ASKED]]]));
    const collector = responding?.collect();
    collector?.recalled('a', keep([ASKED], headers) ?? {}, ageMs);
    return collector?.collected().for(ADA).cacheControl;
  };

  test.each<[string, ReplyHeaders, number, object]>([
    ['is less by its age', { 'cache-control': 'max-age=60' }, 20_000, { maxAge: 40 }],
    ['and by begun seconds', { 'cache-control': 'max-age=60' }, 20_001, { maxAge: 39 }],
    [
      'and by the age that it came with',
      { 'cache-control': 'max-age=60', age: '30' },
      20_000,
      { maxAge: 10 },
    ],
    [
      'and so are stale times, once that is over',
      { 'cache-control': 'max-age=60, stale-while-revalidate=30, stale-if-error=5' },
      70_000,
      { maxAge: 0, staleWhileRevalidate: 20, staleIfError: 0 },
    ],
    [
      'is nothing where its age cannot be read',
      { 'cache-control': 'max-age=60', age: 'x' },
      0,
      { maxAge: 0 },
    ],
    ['is less where a default says it, too', {}, 20_000, { maxAge: 30 }],
    [
      'is what was said where no time was',
      { 'cache-control': 'no-cache' },
      20_000,
      { maxAge: null, noCache: true },
    ],
  ])('%s', (_, headers, ageMs, expected) => {
    expect(controlOf(headers, ageMs)).toMatchObject(expected);
  });

  test('is less by the age of a reply of now, too', () => {
    const collector = compileResponding(new Map([['a', [ASKED]]]))?.collect();
    collector?.replied('a', { 'cache-control': 'max-age=60', age: '45' });
    expect(collector?.collected().for(ADA).cacheControl).toMatchObject({ maxAge: 15 });
  });
});

/** All that clients get now, and what they will from a kept answer; in which order headers are sent is all the same. */
function told(collected: CollectedHeaders | undefined) {
  const { lines, cacheControl } = collected?.for(ADA) ?? { lines: [], cacheControl: null };
  const kept = collected?.keepable() ?? null;
  return {
    lines: lines.toSorted(),
    cacheControl,
    kept: kept && { ...kept, values: kept.values.toSorted(), defaults: kept.defaults.toSorted() },
  };
}

/** Rules, replies and their order at random: with kept headers clients get what they get with those that came. */
test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  'kept headers do what those of replies do: %i',
  seed => {
    const random = createRandom(seed);
    const pickOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    const pick = <const T extends readonly unknown[]>(...all: T): T[number] => pickOf(all);
    const names = ['x-a', 'x-b', 'x-c-1', 'x-c-2', 'x-d', '__proto__'];
    const propagated = (): ResponseRule => {
      const algorithm = pick('first', 'last', 'append', undefined) as 'first' | undefined;
      if (random() < 0.3) return { propagate: { pattern: pick('^x-c-', '.', 'a$'), algorithm } };
      const [to, fallback] = [pick(undefined, ...names), pick(undefined, undefined, 'fallback')];
      return { propagate: { name: pick(...names), as: to, algorithm, default: fallback } };
    };
    const rule = (): ResponseRule => {
      const kind = random();
      if (kind < 0.6) return propagated();
      if (kind < 0.7) return { insert: { name: pick(...names), claim: 'plan' } };
      if (kind < 0.8) return ASKED;
      return { remove: random() < 0.5 ? { name: pick(...names) } : { pattern: pick('c', '1$') } };
    };
    const rules = new Map(['a', 'b'].map(name => [name, Array.from({ length: 4 }, rule)]));
    const replies = Array.from({ length: 4 }, () => {
      const headers = names
        .filter(() => random() < 0.6)
        .map(name => [name, pick('1', '2', ['3', '4'], '\u0000')]);
      const control = pick([], ['cache-control', pick('max-age=9', 'private', 'no-store', 'junk')]);
      return [
        pick('a', 'b'),
        Object.fromEntries([...headers, ...(control.length > 0 ? [control] : [])]),
      ] as const;
    });
    const responding = compileResponding(rules);
    const [came, kept] = [responding?.collect(), responding?.collect()];
    for (const [subgraph, headers] of replies) {
      came?.replied(subgraph, headers);
      const own = keep(rules.get(subgraph) ?? [], headers);
      expect(own).not.toBeNull();
      // Some are asked for, and some were kept.
      if (random() < 0.3) kept?.replied(subgraph, headers);
      else kept?.recalled(subgraph, JSON.parse(JSON.stringify(own)), 0);
    }
    const expected = came?.collected();
    expect(told(kept?.collected())).toEqual(told(expected));
  },
);
