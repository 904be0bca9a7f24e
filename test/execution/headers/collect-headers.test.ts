import { describe, expect, test } from 'vitest';
import type { ResponseRule } from '../../../src/config/header-rules.ts';
import type { ReplyHeaders } from '../../../src/execution/fetch/subgraph-fetch.ts';
import type { CallerFacts } from '../../../src/execution/headers/caller-facts.ts';
import { compileResponding } from '../../../src/execution/headers/collect-headers.ts';
import type { AnswerHeaders } from '../../../src/http/answer-headers.ts';

const FACTS: CallerFacts = {
  subject: 'ada',
  roles: new Set(),
  tenant: null,
  persona: 'web',
  claims: { org: { id: 'o\r\n1' } },
};

type Rules = Readonly<Record<string, readonly ResponseRule[]>>;
type Reply = readonly [subgraph: string, headers: ReplyHeaders];

function answer(rules: Rules, replies: readonly Reply[], facts: CallerFacts = FACTS): AnswerHeaders {
  const responding = compileResponding(new Map(Object.entries(rules)));
  if (responding === null) throw new Error('no rules');
  const collector = responding.collect();
  for (const [subgraph, headers] of replies) collector.replied(subgraph, headers);
  const collected = collector.collected();
  const headers = collected.for(facts);
  const kept = collected.keepable();
  // As it is when it comes from a cache.
  if (kept !== null) expect(responding.restore(JSON.parse(JSON.stringify(kept))).for(facts)).toEqual(headers);
  return headers;
}

/** What clients get, given in order of arrival what `a` and `b` replied, both with these rules. */
const lines = (rules: readonly ResponseRule[], ...replies: readonly Reply[]) =>
  answer({ a: rules, b: rules }, replies).lines;

const A: Reply = ['a', { 'x-a': '1', 'x-b': '2', 'set-cookie': ['s=1', 't=2'] }];
const B: Reply = ['b', { 'x-a': '3', 'set-cookie': 's=3' }];

describe('a header that several replies have', () => {
  test.each<['first' | 'last' | 'append' | undefined, string, string]>([
    [undefined, '1', '3'],
    ['first', '1', '3'],
    ['last', '3', '1'],
    ['append', '1, 3', '3, 1'],
  ])('is, by %s, decided by their arrival', (algorithm, forth, back) => {
    const rules = [{ propagate: { name: 'X-A', algorithm } }];
    expect(lines(rules, A, B)).toEqual([['x-a', forth]]);
    expect(lines(rules, B, A)).toEqual([['x-a', back]]);
    const byPattern = [{ propagate: { pattern: '^x-a$', algorithm } }];
    expect(lines(byPattern, A, B)).toEqual([['x-a', forth]]);
  });

  test('may be passed on by each subgraph in its own way', () => {
    const rules: Rules = {
      a: [{ propagate: { name: 'x-a' } }],
      b: [{ propagate: { name: 'x-a', algorithm: 'append' } }],
    };
    expect(answer(rules, [A, B]).lines).toEqual([['x-a', '1, 3']]);
    expect(answer(rules, [B, A]).lines).toEqual([['x-a', '3']]);
  });
});

describe('a rule', () => {
  test.each<[string, readonly ResponseRule[], readonly (readonly [string, string])[]]>([
    ['renames', [{ propagate: { name: 'x-a', as: 'X-C' } }], [['x-c', '3']]],
    [
      'gives a default where no reply has a value',
      [{ propagate: { name: 'x-d', default: 'd' } }],
      [['x-d', 'd']],
    ],
    ['gives none where one reply has one', [{ propagate: { name: 'x-b', default: 'd' } }], [['x-b', '2']]],
    ['inserts a text', [{ insert: { name: 'x-c', value: 'c' } }], [['x-c', 'c']]],
    ['inserts what the persona is', [{ insert: { name: 'x-c', from: 'persona' } }], [['x-c', 'web']]],
    [
      'inserts a claim, without its line breaks',
      [{ insert: { name: 'x-c', claim: 'org.id' } }],
      [['x-c', 'o%0D%0A1']],
    ],
    ['inserts nothing for a claim that is not there', [{ insert: { name: 'x-c', claim: 'org.x' } }], []],
    [
      'removes what came before it',
      [{ propagate: { pattern: '^x-' } }, { remove: { name: 'X_A' } }],
      [['x-b', '2']],
    ],
    ['takes nothing that no rule names', [{ propagate: { name: 'x-c' } }], []],
  ])('%s', (_what, rules, expected) => {
    expect(lines(rules, B, A)).toEqual(expected);
  });

  test('that inserts is stronger than one of another subgraph that propagates', () => {
    const rules: Rules = {
      a: [{ propagate: { name: 'x-a' } }],
      b: [{ insert: { name: 'x-a', claim: 'nothing' } }],
    };
    expect(answer(rules, [A, B]).lines).toEqual([]);
    expect(answer(rules, [A]).lines).toEqual([['x-a', '1']]);
  });

  test('that inserts facts does so for each caller who shares the replies', () => {
    const rules = new Map([['a', [{ insert: { name: 'x-org', claim: 'org' } }]]]);
    const collector = compileResponding(rules)?.collect();
    collector?.replied('a', {});
    const collected = collector?.collected();
    const of = (org: string) => collected?.for({ ...FACTS, claims: { org } }).lines;
    expect([of('1'), of('2')]).toEqual([[['x-org', '1']], [['x-org', '2']]]);
  });

  test('of a subgraph that did not reply does nothing', () => {
    expect(answer({ a: [{ insert: { name: 'x-c', value: 'c' } }] }, [B]).lines).toEqual([]);
  });
});

describe('cookies', () => {
  const COOKIES: ResponseRule = { propagate: { name: 'Set-Cookie' } };

  test('are all handed on, each by itself', () => {
    expect(lines([COOKIES], A, B)).toEqual([
      ['set-cookie', 's=1'],
      ['set-cookie', 't=2'],
      ['set-cookie', 's=3'],
    ]);
  });

  test('are let in by no pattern', () => {
    expect(lines([{ propagate: { pattern: 'cookie|x-a' } }], A)).toEqual([['x-a', '1']]);
  });

  test('make the replies of a subgraph one caller’s', () => {
    const rules: Rules = {
      a: [COOKIES],
      b: [{ propagate: { pattern: '.' } }],
      c: [COOKIES, { remove: { name: 'set-cookie' } }],
      d: [COOKIES, { remove: { pattern: '^set' } }, COOKIES],
      e: [],
    };
    const responding = compileResponding(new Map(Object.entries(rules)));
    expect([...(responding?.cookieSubgraphs ?? [])]).toEqual(['a', 'd']);
  });
});

describe('whatever a pattern says, subgraphs cannot pass on', () => {
  test.each([
    ...['x-request-id', 'x_request_id', 'x-trace-id', 'x-cache', 'ratelimit', 'ratelimit-policy'],
    ...['retry-after', 'age', 'etag', 'vary', 'cache-control', 'cdn-cache-control', 'expires', 'pragma'],
    ...[
      'access-control-allow-origin',
      'www-authenticate',
      'content-type',
      'content-length',
      'content-encoding',
    ],
    ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'date', 'alt-svc', 'set-cookie', 'x-hop'],
  ])('%s', name => {
    const reply = { [name]: 'v', 'x-ok': '1', connection: 'close, X-Hop' };
    expect(lines([{ propagate: { pattern: '.' } }], ['a', reply])).toEqual([['x-ok', '1']]);
  });

  test('what belongs to their connection, nor a value that is none', () => {
    const rules = [{ propagate: { name: 'x-hop', default: 'd' } }, { propagate: { name: 'x-bad' } }];
    expect(lines(rules, ['a', { connection: 'x-hop', 'x-hop': '1', 'x-bad': 'a\r\nb' }])).toEqual([
      ['x-hop', 'd'],
    ]);
  });

  test('more than a client reads', () => {
    const long = 'x'.repeat(6_000);
    const replies = Array.from({ length: 1_000 }, (): Reply => ['a', { 'x-a': long, 'set-cookie': long }]);
    const rules: ResponseRule[] = [
      { propagate: { name: 'x-a', algorithm: 'append' } },
      { propagate: { name: 'set-cookie' } },
    ];
    const sent = lines(rules, ...replies);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.flat().join('').length).toBeLessThanOrEqual(16_384);
  });
});

test('what comes after the answer changes nothing of it', () => {
  const collector = compileResponding(new Map([['a', [{ propagate: { name: 'x-a' } }]]]))?.collect();
  const collected = collector?.collected();
  collector?.replied(...A);
  expect(collected?.for(FACTS).lines).toEqual([]);
});

test('where no rule is about responses nothing is collected', () => {
  expect(compileResponding(new Map([['a', []]]))).toBeNull();
});

describe('how long an answer may be kept', () => {
  const RULE: ResponseRule = {
    propagate: { name: 'cache-control', algorithm: 'most-restrictive-cache-control' },
  };
  const kept = (rules: Rules, ...replies: readonly (readonly [string, string | null])[]) =>
    answer(
      rules,
      replies.map(([name, value]) => [name, value === null ? {} : { 'cache-control': value }]),
    ).cacheControl;

  test('is what every reply allows', () => {
    const both = { a: [RULE], b: [RULE] };
    expect(kept(both, ['a', 'public, max-age=60'], ['b', 'private, max-age=30'])).toMatchObject({
      isStored: true,
      scope: 'private',
      maxAge: 30,
    });
    expect(kept(both, ['a', 'max-age=60'], ['b', 'no-store'])).toMatchObject({ isStored: false });
  });

  test('is not at all where one says nothing, unless a default says it', () => {
    const withDefault = { propagate: { ...RULE.propagate, name: 'cache-control', default: 'max-age=5' } };
    const rules = { a: [RULE], b: [withDefault] };
    expect(kept(rules, ['a', 'max-age=60'], ['a', null])).toMatchObject({ isStored: false });
    expect(kept(rules, ['a', 'max-age=60'], ['b', null])).toMatchObject({ isStored: true, maxAge: 5 });
  });

  test('is not at all where a subgraph has a part in it that no rule asks', () => {
    const rules = { a: [RULE], b: [] };
    expect(kept(rules, ['a', 'max-age=60'], ['b', 'max-age=60'])).toMatchObject({ isStored: false });
    expect(kept(rules, ['b', 'max-age=60'])).toBeNull();
  });
});

describe('what is kept with an answer', () => {
  const keepable = (rules: readonly ResponseRule[], headers: ReplyHeaders) => {
    const collector = compileResponding(new Map([['a', rules]]))?.collect();
    collector?.replied('a', headers);
    return collector?.collected().keepable();
  };

  test('has no cookies, or else it is not kept', () => {
    const rules = [{ propagate: { name: 'x-a' } }, { propagate: { name: 'set-cookie' } }];
    expect(keepable(rules, { 'x-a': '1' })).toMatchObject({ values: [['x-a', ['1']]] });
    expect(keepable(rules, { 'x-a': '1', 'set-cookie': 's=1' })).toBeNull();
  });

  test('says nothing of who asked', () => {
    const rules = [{ insert: { name: 'x-who', from: 'subject' as const } }];
    const kept = keepable(rules, {});
    expect(JSON.stringify(kept)).not.toContain('ada');
    const responding = compileResponding(new Map([['a', rules]]));
    const bob = { ...FACTS, subject: 'bob' };
    expect(kept && responding?.restore(kept).for(bob).lines).toEqual([['x-who', 'bob']]);
  });

  test('is no more than clients would be sent', () => {
    const rules = [{ propagate: { pattern: '^x-' } }];
    const many = Array.from({ length: 20 }, (_, i) => [`x-${i}`, 'v'.repeat(1_000)]);
    expect(keepable(rules, Object.fromEntries(many))).toBeNull();
    expect(keepable(rules, Object.fromEntries(many.slice(0, 10)))).not.toBeNull();
  });
});
