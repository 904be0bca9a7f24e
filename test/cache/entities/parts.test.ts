import { Kind, parse, type SelectionSetNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/cache/entities/canonical-json.ts';
import { Holds } from '../../../src/cache/entities/holds.ts';
import { createReadHeaders, writeHeaders } from '../../../src/cache/entities/reply-headers.ts';
import { readReplyTags } from '../../../src/cache/entities/reply-tags.ts';
import { identifySelection } from '../../../src/cache/entities/selection-identity.ts';
import { StoredFetch } from '../../../src/cache/entities/stored-fetch.ts';
import { freshnessOf, isDueEarly, lifetimeOf, withFactor } from '../../../src/cache/freshness/lifetime.ts';
import { Refreshes } from '../../../src/cache/freshness/refreshes.ts';
import type { CachePolicy } from '../../../src/cache/policy/cache-policy.ts';
import { useMemoryStore } from '../store/use-stores.ts';

function identity(text: string) {
  const document = parse(text);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  return identifySelection(operation.selectionSet as SelectionSetNode, document);
}

const same = (one: string, other: string) => identity(one).text === identity(other).text;

test('selections are the same whatever the order of what they select', () => {
  expect(same('{ a b(x: 1, y: 2) { c d } }', '{ b(y: 2, x: 1) { d c } a }')).toBe(true);
  expect(same('{ a ...F } fragment F on Q { b c }', '{ ...F a } fragment F on Q { c b }')).toBe(true);
});

test('selections differ by names, arguments, directives, fragments, and types and defaults of variables', () => {
  const all = [
    '{ a }',
    '{ b: a }',
    '{ a(x: 1) }',
    '{ a(x: "1") }',
    'query ($x: Int) { a(x: $x) }',
    'query ($x: Int = 1) { a(x: $x) }',
    'query ($x: ID) { a(x: $x) }',
    'query ($y: Int) { a(x: $y) }',
    'query ($x: Boolean!) { a @include(if: $x) }',
    'query ($x: Boolean!) { a @skip(if: $x) }',
    '{ ...F } fragment F on Q { a }',
    '{ ...F } fragment F on Q { b }',
    '{ ...F } fragment F on R { a }',
    '{ ... on Q { a } }',
  ];
  expect(new Set(all.map(text => identity(text).text)).size).toBe(all.length);
});

test('variables in fragments of fragments are found', () => {
  const text = `query ($x: Int, $y: Int, $unused: Int) { ...F }
    fragment F on Q { a(x: $x) ...G } fragment G on Q { b(y: $y) }`;
  expect(identity(text).variables).toEqual(['x', 'y']);
});

test('canonical JSON is the same for equal values alone', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  );
  expect(canonicalJson({ a: '1' })).not.toBe(canonicalJson({ a: 1 }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

describe('lifetimes', () => {
  const policy: CachePolicy = {
    maxAgeMs: 1_000,
    scope: 'PUBLIC',
    staleWhileRevalidateMs: 500,
    staleIfErrorMs: 2_000,
  };
  const kept = { ...lifetimeOf(policy, 0, { shortened: 0 }), parts: [], costMs: 10, tags: [], since: 1 };

  test('end one after the other', () => {
    const at = (now: number) => freshnessOf(kept, policy, now);
    expect([at(999), at(1_000), at(1_499), at(1_500), at(2_999), at(3_000)]).toEqual([
      'fresh',
      'revalidated',
      'revalidated',
      'if-error',
      'if-error',
      'over',
    ]);
  });

  test('are no longer than whoever asks allows', () => {
    expect(freshnessOf(kept, { ...policy, maxAgeMs: 400 }, 500)).toBe('revalidated');
    expect(freshnessOf(kept, { ...policy, maxAgeMs: 400, staleWhileRevalidateMs: 0 }, 500)).toBe('if-error');
  });

  test('are shortened, and stale times with them', () => {
    expect(lifetimeOf(policy, 100, { shortened: 0.1 })).toEqual({
      storedAt: 100,
      freshUntil: 1_000,
      revalidateUntil: 1_500,
      errorUntil: 3_000,
    });
  });

  test('are multiplied, and not longer than a year', () => {
    expect(withFactor(policy, 2)?.maxAgeMs).toBe(2_000);
    expect(withFactor(policy, 0)).toBeNull();
    expect(withFactor({ ...policy, maxAgeMs: 365 * 86_400_000 }, 3)?.maxAgeMs).toBe(365 * 86_400_000);
  });

  test('end early the likelier the closer the end is', () => {
    expect(isDueEarly(kept, 0, 0.5)).toBe(false);
    expect(isDueEarly(kept, 995, 0.5)).toBe(true);
    expect(isDueEarly(kept, 995, 0.9)).toBe(false);
    expect(isDueEarly(kept, 0, 0)).toBe(true);
  });
});

describe('tags of a reply', () => {
  const tags = (extensions: object, count = 2) => {
    const read = readReplyTags(extensions as never, count);
    return read === null ? null : [read(0), read(1)];
  };

  test('are none where it says nothing', () => {
    expect(tags({})).toEqual([[], []]);
    expect(readReplyTags(null, 1)?.(0)).toEqual([]);
  });

  test('are those of the reply, and of the representation', () => {
    expect(tags({ apolloCacheTags: ['r'], apolloEntityCacheTags: [['a'], null] })).toEqual([
      ['tag:r', 'tag:a'],
      ['tag:r'],
    ]);
  });

  test('hold for all where nobody can tell whose they are', () => {
    const both = ['tag:a', 'tag:b'];
    expect(tags({ apolloEntityCacheTags: [['a'], ['b'], []] })).toEqual([both, both]);
    expect(tags({ apolloEntityCacheTags: [['a'], ['b']] }, -1)).toEqual([both, both]);
  });

  test('are bounded', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
    expect(tags({ apolloCacheTags: many })).toEqual([['many-tags'], ['many-tags']]);
  });

  test.each([
    { apolloCacheTags: 'a' },
    { apolloCacheTags: [1] },
    { apolloEntityCacheTags: ['a'] },
    { apolloEntityCacheTags: {} },
  ])('that cannot be read: %o', extensions => {
    expect(tags(extensions)).toBeNull();
  });
});

describe('headers beside a value', () => {
  const read = (...parts: string[]) => createReadHeaders()({ parts: parts.map(part => Buffer.from(part)) });

  test('are read as they were written', () => {
    const headers = { 'x-a': ['1', '2'], 'x-b': ['3'] };
    const [part] = writeHeaders(headers);
    expect(read('{}', String(part))).toEqual(headers);
    expect(writeHeaders({})).toEqual([]);
    expect(read('{}')).toEqual({});
  });

  test('are one object for values of one reply', () => {
    const readHeaders = createReadHeaders();
    const parts = [Buffer.from('{}'), Buffer.from('{"x-a":["1"]}')];
    expect(readHeaders({ parts })).toBe(readHeaders({ parts }));
  });

  test.each(['', '[]', 'null', '{"x-a":1}', '{"x-a":[1]}', '{"x-a":{}}', '{"x-a":'])(
    'that are none: %s',
    text => {
      expect(read('{}', text)).toBeNull();
    },
  );
});

test('what is nested too deep for a key is not kept, and fails nothing', async () => {
  await using memory = await useMemoryStore();
  const { store, metrics } = memory;
  const clock = { now: memory.now, elapsed: memory.now };
  const policy: CachePolicy = {
    maxAgeMs: 1_000,
    scope: 'PUBLIC',
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
  };
  const selection = {
    id: 'x',
    variables: [],
    policy: { policyOf: () => policy, tagsOf: () => [] },
    entityTagsOf: () => [],
    fits: () => true,
    entitiesIn: null,
    soleEntities: [],
    privacy: { isSeen: false },
  };
  const fetch = new StoredFetch(new Map([['_entities', new Map([['T', selection]])]]), {
    subgraph: 's',
    store,
    clock,
    random: () => 0.5,
    negativeMs: 0,
    jitter: 0,
    maxEntryBytes: 1_000,
    longestMs: null,
    keepHeaders: () => ({}),
    refreshes: new Refreshes(store),
    holds: new Holds(clock),
    onFound: metrics.cacheEntities,
    onServedForError: () => {},
  });
  const asker = { variables: {}, told: [], subject: null, factor: 1, newerThan: null };
  const deep = `{"__typename":"T","id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(fetch.places(asker, '_entities', [deep])).toEqual([null]);
  expect(fetch.places(asker, '_entities', ['{"__typename":"T","id":"1"}'])).not.toEqual([null]);
});
