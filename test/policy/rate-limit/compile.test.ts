import { describe, expect, test } from 'vitest';
import { limitsOf } from './limits.ts';

const LIMIT = '@rateLimit(limit: 100, window: "1m")';

const SHOP = `
  type Query {
    user(id: ID): User ${LIMIT}
    users(first: Int = 5): [User] @listSize(slicingArguments: ["first"])
    nodes(first: Int): [Node] @listSize(slicingArguments: ["first"], assumedSize: 7)
    any: [Any] @listSize(assumedSize: 3)
    login(email: String, input: Login): Boolean @rateLimit(limit: 3, window: "1m", by: ["arg:email"])
    self: Query
  }
  input Login { email: String id: ID }
  interface Node { id: ID name: String }
  union Any = User | Shop
  type User implements Node { id: ID name: String ${LIMIT} friends(first: Int): [User] @listSize(slicingArguments: ["first"]) }
  type Shop implements Node ${LIMIT} { id: ID name: String owner: User }
`;

const shop = limitsOf({ schema: SHOP });

describe('a limit on a field', () => {
  test('is spent once for each place, under any alias and in any fragment', () => {
    expect(shop.taken('{ user(id: 1) { id } }')).toEqual(['@Query.user 1']);
    expect(shop.taken('{ a: user(id: 1) { id } b: user(id: 2) { id } c: user { id } }')).toEqual([
      '@Query.user 3',
    ]);
    expect(
      shop.taken('{ ...F self { ...F } } fragment F on Query { user { id } ... { x: user { id } } }'),
    ).toEqual(['@Query.user 4']);
  });

  test('below a list is spent for each element, by variables and their defaults', () => {
    const query = 'query($n: Int = 4) { users(first: $n) { name friends(first: 3) { name } } }';
    expect(shop.taken(query, { variables: { n: 20 } })).toEqual(['@User.name 80']);
    expect(shop.taken(query)).toEqual(['@User.name 16']);
    expect(shop.taken('{ users { name } }')).toEqual(['@User.name 5']);
  });

  test.each([-5, 0])('is not refunded by a list of %s', n => {
    const units = shop.bind('query($n: Int) { users(first: $n) { name } }', { variables: { n } });
    for (const bucket of units) expect(bucket.units).toBeGreaterThanOrEqual(0);
  });

  test('is spent as much as there can be when a list is huge or has no size', () => {
    const query =
      'query($n: Int) { users(first: $n) { friends(first: $n) { friends(first: $n) { name } } } }';
    const [huge] = shop.bind(query, { variables: { n: 2_147_483_647 } });
    expect(huge?.units).toBeGreaterThan(1_000_000_000);
    expect(Number.isSafeInteger(huge?.units)).toBe(true);
    const [none] = shop.bind(query, { variables: { n: null } });
    expect(none?.units).toBeGreaterThanOrEqual(1);
  });

  test('is not spent where the field is skipped', () => {
    const query =
      'query($no: Boolean!) { user @skip(if: $no) { id } ...F @include(if: $no) } fragment F on Query { self { id: __typename } }';
    expect(shop.taken(query, { variables: { no: true } })).toEqual([]);
    expect(shop.taken(query, { variables: { no: false } })).toEqual(['@Query.user 1']);
  });

  test('is spent through interfaces, once an element whatever it may be', () => {
    expect(shop.taken('{ nodes { name } }')).toEqual(['@User.name 7', '@Shop 1']);
    expect(shop.taken('{ nodes { ... on User { name } } }')).toEqual(['@User.name 7', '@Shop 1']);
    expect(shop.taken('{ nodes { ... on Shop { name } } }')).toEqual(['@Shop 1']);
  });

  test('of an interface is one on the fields that implement it', () => {
    const schema = `type Query { a: A b: [B] @listSize(assumedSize: 2) i: I }
      interface I { x: Int ${LIMIT} } type A implements I { x: Int } type B implements I { x: Int }`;
    const { taken } = limitsOf({ schema });
    expect(taken('{ a { x } b { x } i { x } }')).toEqual(['@I.x 4']);
    // One object is of one type, yet each place counts: too much rather than too little.
    expect(taken('{ i { ... on A { x } ... on B { x } } }')).toEqual(['@I.x 2']);
  });
});

describe('a limit on a type', () => {
  test('is spent by every field that may answer with it', () => {
    expect(shop.taken('{ any { ... on Shop { id } } }')).toEqual(['@Shop 1']);
    expect(shop.taken('{ users { id } }')).toEqual([]);
  });

  test('at the root is spent by each operation', () => {
    const { taken } = limitsOf({ schema: `type Query ${LIMIT} { a: Int self: Query }` });
    expect(taken('{ a b: a }')).toEqual(['@Query 1']);
    expect(taken('{ self { self { a } } }')).toEqual(['@Query 3']);
  });
});

describe('a limit by argument', () => {
  const owners = (query: string, variables?: Record<string, unknown>) =>
    shop.bind(query, variables === undefined ? {} : { variables }).map(({ owner }) => owner);

  test('has a bucket for each value, so that aliases are no way around', () => {
    const query = '{ a: login(email: "x") b: login(email: "y") c: login(email: "x") d: login }';
    expect(shop.taken(query)).toEqual(['@Query.login 2', '@Query.login 1', '@Query.login 1']);
    expect(new Set(owners(query)).size).toBe(3);
  });

  test('does not see how a value was written', () => {
    const [written] = owners('{ login(email: "x") }');
    expect(owners('query($e: String) { login(email: $e) }', { e: 'x' })).toEqual([written]);
    expect(owners('query($e: String = "x") { login(email: $e) }')).toEqual([written]);
    expect(owners('query($e: String) { login(email: $e) }')).toEqual(owners('{ login }'));
    expect(owners('{ login(email: null) }')).toEqual(owners('{ login }'));
  });

  test('compares values as their type does: an ID of 1 and "1" are one', () => {
    const { bind } = limitsOf({
      schema: `type Query { a(id: ID, f: Float, input: In): Int @rateLimit(limit: 1, window: "1s", by: ["arg:id", "arg:f", "arg:input.id"]) }
        input In { id: ID = "7" }`,
    });
    const owner = (query: string) => bind(query)[0]?.owner;
    expect(owner('{ a(id: 1) }')).toBe(owner('{ a(id: "1") }'));
    expect(owner('{ a(f: 1) }')).toBe(owner('{ a(f: 1.0) }'));
    expect(owner('{ a(input: {}) }')).toBe(owner('{ a(input: {id: 7}) }'));
    expect(owner('{ a(input: {id: 8}) }')).not.toBe(owner('{ a(input: {id: 7}) }'));
  });
});

describe('a limit of the configuration', () => {
  const schema = 'type Query { a: Int b: [T] @listSize(assumedSize: 4) } type T { x: Int }';
  const of = (limits: Record<string, unknown>, more = {}) =>
    limitsOf({ schema, rateLimit: { limits }, ...more });
  const five = { limit: 5, window: '1s' };

  test('for nobody in particular is spent once an operation, or by its cost', () => {
    const { taken } = of({ all: five, points: { ...five, spend: 'cost' } });
    expect(taken('{ a x: a b { x } }', { estimate: 42 })).toEqual(['all 1', 'points 42']);
    expect(taken('{ a }', { estimate: 0 })).toEqual(['all 1']);
    // Nothing that a formula may end in is free.
    for (const estimate of [Number.NaN, -1])
      expect(taken('{ a }', { estimate })).toEqual([`all ${2 ** 40}`, `points ${2 ** 40}`]);
  });

  test.each(['reject', 'prune'])(
    'is for personas, tiers and coordinates, all that is said (%s)',
    onExceeded => {
      const { taken } = of({
        p: { ...five, for: { personas: ['web'] } },
        c: { ...five, for: { coordinates: ['T.x'], personas: ['web'] } },
        n: { ...five, spend: 'calls', onExceeded, for: { coordinates: ['T.x', 'Query.a'] } },
      });
      expect(taken('{ a b { x } }')).toEqual(['n 5']);
      expect(taken('{ a }', { persona: 'web' })).toEqual(['p 1', 'n 1']);
      expect(taken('{ b { x } }', { persona: 'web' })).toEqual(['p 1', 'c 1', 'n 4']);
    },
  );

  test('is for operations by name, by id, and by the text that has the id', () => {
    const { taken } = of(
      { o: { ...five, for: { operations: ['Home', 'doc-1'] } } },
      { documentIds: { 'doc-1': 'beef' } },
    );
    expect(taken('query Home { a }')).toEqual(['o 1']);
    expect(taken('query Other { a }')).toEqual([]);
    expect(taken('query Other { a }', { documentHash: 'beef' })).toEqual(['o 1']);
  });

  test('of the tier is spent by callers of that tier; unlimited is none', () => {
    const tiers = {
      free: { default: true, rateLimit: { limit: 100, window: '1m' } },
      enterprise: { rateLimit: { limit: 'unlimited' } },
    };
    const { taken } = limitsOf({ schema, tiers });
    expect(taken('{ a }', { tier: 'free' })).toEqual(['tier:free 1']);
    expect(taken('{ a }', { tier: 'enterprise' })).toEqual([]);
    const pruned = { ...five, onExceeded: 'prune', for: { coordinates: ['Query.a'], tiers: ['free'] } };
    const both = limitsOf({ schema, tiers, rateLimit: { limits: { pruned } } });
    expect(both.taken('{ a }', { tier: 'free' }).toSorted()).toEqual(['pruned 1', 'tier:free 1']);
    expect(both.taken('{ a }', { tier: 'enterprise' })).toEqual([]);
  });

  test('is for subgraphs that alone resolve something, or that nothing else saves', () => {
    const { taken } = limitsOf({
      schema: `type Query { a: T @join__field(graph: A) shared: Int @join__field(graph: B) @join__field(graph: C) }
        type T @join__type(graph: A) @join__type(graph: B) { id: ID b: Int @join__field(graph: B) }`,
      rateLimit: {
        limits: Object.fromEntries(
          ['a', 'b', 'c'].map(name => [name, { ...five, for: { subgraphs: [name] } }]),
        ),
      },
    });
    expect(taken('{ a { id } }')).toEqual(['a 1']);
    expect(taken('{ a { id b } }')).toEqual(['a 1', 'b 1']);
    expect(taken('{ shared }')).toEqual(['b 1', 'c 1']);
    expect(taken('{ shared a { b } }')).toEqual(['a 1', 'b 1']);
  });
});

describe('parts of an operation', () => {
  const PRUNE = '@rateLimit(limit: 1, window: "1s", onExceeded: "prune")';

  test('are fields that may be left out, with all the buckets that they need', () => {
    const { bind } = limitsOf({
      schema: `type Query { a: Int ${PRUNE} @rateLimit(limit: 2, window: "1h", onExceeded: "prune") b: Int ${PRUNE} c: Int ${LIMIT} }`,
    });
    const buckets = bind('{ a x: a b c }').map(({ plan, part, pruned }) => [
      plan.id,
      part,
      [...(pruned ?? [])].map(node => node.alias?.value ?? node.name.value).sort(),
    ]);
    const [first, second, third, fourth] = buckets;
    expect(first).toEqual(['@Query.a', expect.any(String), ['a', 'x']]);
    expect(second).toEqual(['@Query.a#2', first?.[1], ['a', 'x']]);
    expect(third).toEqual(['@Query.b', expect.any(String), ['b']]);
    expect(third?.[1]).not.toBe(first?.[1]);
    expect(fourth).toEqual(['@Query.c', null, []]);
  });

  test('of a shadow limit are its own, and nothing is left out for it', () => {
    const { bind } = limitsOf({
      schema: 'type Query { a: Int }',
      rateLimit: { limits: { s: { limit: 1, window: '1s', shadow: true }, r: { limit: 1, window: '1s' } } },
    });
    const [shadow, real] = bind('{ a }');
    expect(shadow).toMatchObject({ pruned: null, part: expect.any(String) });
    expect(real?.part).toBe(null);
  });
});

test('the calls of an operation are compiled once, however many limits there are, and not where none is on its fields', () => {
  const names = Array.from({ length: 50 }, (_, index) => `f${index}`);
  const { taken, countings } = limitsOf({
    schema: `type Query { free: Int ${names.map(name => `${name}: Int ${LIMIT}`).join(' ')} }`,
  });
  expect(taken('{ free }')).toEqual([]);
  expect(countings()).toBe(0);
  expect(taken(`{ free f0 b: f0 ${names.slice(1).join(' ')} }`)).toEqual([
    '@Query.f0 2',
    ...names.slice(1).map(name => `@Query.${name} 1`),
  ]);
  expect(countings()).toBe(1);
});

test('a limit has one name, whatever the order in which it is composed', () => {
  const a = '@rateLimit(limit: 5, window: "1m")';
  const b = '@rateLimit(limit: 50, window: "1h")';
  for (const both of [a + b, b + a]) {
    const { limits } = limitsOf({ schema: `type Query { a: Int ${both} }` });
    expect(limits.limits.map(({ plan }) => [plan.id, plan.limit])).toEqual([
      ['@Query.a', 5],
      ['@Query.a#2', 50],
    ]);
  }
});
