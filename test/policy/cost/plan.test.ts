import { describe, expect, test } from 'vitest';
import { MAX_COST } from '../../../src/config/cost.ts';
import { fieldCosts } from '../../../src/policy/cost/actual.ts';
import { compileCalls } from '../../../src/policy/cost/calls.ts';
import { costParts } from '../../../src/policy/cost/cost-parts.ts';
import { estimateOf, modelOf, operationOf, planOf } from './costing.ts';

const SCHEMA = `
  type Query {
    users(first: Int, last: Int): [User!]! @listSize(slicingArguments: ["first", "last"])
    page(input: Page, size: Int = 5): UserPage @listSize(slicingArguments: ["input.first", "size"], sizedFields: ["nodes"])
    all: [User!]!
    me: User
    node: Node
    nodes: [Node!]! @listSize(assumedSize: 20)
  }
  type Mutation { rename(input: Rename @cost(weight: 3)): User }
  input Rename { name: String }
  input Page { first: Int }
  type UserPage { nodes: [User!]! }
  interface Node { id: ID owner: User }
  type User implements Node { id: ID name: String bio: String @cost(weight: 5) owner: User friend: User friends(first: Int): [User!]! @listSize(assumedSize: 3, slicingArguments: ["first"], requireOneSlicingArgument: false) tags: [String!]! }
  type Robot implements Node { id: ID owner: User model: String }
`;

const model = modelOf(SCHEMA);

describe('the same is selected', () => {
  const reference = 'query ($n: Int) { users(first: $n) { id bio friend { bio } friends(first: 2) { id } } }';
  test.each([
    [
      'in another order',
      'query ($n: Int) { users(first: $n) { friends(first: 2) { id } friend { bio } bio id } }',
    ],
    [
      'under another name of the variable',
      'query ($m: Int) { users(first: $m) { id bio friend { bio } friends(first: 2) { id } } }',
    ],
    [
      'under aliases',
      'query ($n: Int) { u: users(first: $n) { i: id b: bio f: friend { x: bio } g: friends(first: 2) { y: id } } }',
    ],
    [
      'in fragments',
      'query ($n: Int) { users(first: $n) { ...A } } fragment A on User { ...B friends(first: 2) { id } } fragment B on User { id bio friend { bio } }',
    ],
    [
      'in inline fragments',
      'query ($n: Int) { ... { users(first: $n) { ... on Node { id } ... on User { bio friend { bio } friends(first: 2) { id } } } } }',
    ],
    [
      'in pieces that merge',
      'query ($n: Int) { users(first: $n) { id } users(first: $n) { bio friend { id } friend { bio } } users(first: $n) { friends(first: 2) { id } } }',
    ],
    [
      'twice',
      'query ($n: Int) { ...Q ...Q } fragment Q on Query { users(first: $n) { id bio friend { bio } friends(first: 2) { id } } }',
    ],
  ])('%s: the cost is the same', (_, query) => {
    for (const n of [0, 1, 7, 1_000]) {
      expect(estimateOf(model, query, { n, m: n })).toBe(estimateOf(model, reference, { n }));
    }
  });
});

describe('a crafted operation', () => {
  test('with fragments that double each other is compiled in linear time, and costs the most there is', () => {
    const levels = 60;
    const fragments = Array.from(
      { length: levels },
      (_, n) => `fragment F${n} on User { a: friend { ...F${n + 1} } b: friend { ...F${n + 1} } }`,
    );
    const query = `{ me { ...F0 } } ${fragments.join(' ')} fragment F${levels} on User { id }`;
    const plan = planOf(model, query);
    expect(plan.estimate({})).toBe(MAX_COST);
  });

  test('of the same kind is evaluated and printed in linear time when variables decide', () => {
    const levels = 60;
    const fragments = Array.from(
      { length: levels },
      (_, n) =>
        `fragment F${n} on User { a: friends(first: $n) { ...F${n + 1} } b: friends(first: $n) { ...F${n + 1} } }`,
    );
    const query = `query ($n: Int) { me { ...F0 } } ${fragments.join(' ')} fragment F${levels} on User { id }`;
    const plan = planOf(model, query);
    expect(plan.estimate({ n: 1 })).toBe(MAX_COST);
    expect(plan.estimate({ n: 0 })).toBe(1);
    expect(plan.print().length).toBeLessThan(10_000);
    expect(plan.print().split('\n').length).toBeGreaterThan(50);
    const { count } = compileCalls(operationOf(model, query), model, name => name === 'User.id');
    expect(count({ n: 1 })(0)).toBe(MAX_COST);
    expect(count({ n: 0 })(0)).toBe(1);
  });

  test('with a fragment that is spread thousands of times in one place is looked at once', () => {
    const query = `{ me { ${'...F '.repeat(5_000)} } } fragment F on User { bio }`;
    expect(estimateOf(model, query)).toBe(6);
  });

  test('whose conditions multiply is refused', () => {
    const names = Array.from({ length: 16 }, (_, n) => `$v${n}`);
    const fragments = names.map(
      (name, n) =>
        `fragment F${n} on User { ... @include(if: ${name}) { ...F${n + 1} } ... @skip(if: ${name}) { ...F${n + 1} } }`,
    );
    const query = `query (${names.map(name => `${name}: Boolean!`).join(' ')}) { me { ...F0 } } ${fragments.join(' ')} fragment F16 on User { bio id name }`;
    expect(() => planOf(model, query)).toThrow(expect.objectContaining({ code: 'DOCUMENT_LIMIT_EXCEEDED' }));
  });

  test('with lists of huge sizes costs the most there is, and no less with one more', () => {
    const query =
      'query ($n: Int) { users(first: $n) { friends(first: $n) { friends(first: $n) { bio } } } a: me { bio } }';
    expect(estimateOf(model, query, { n: MAX_COST })).toBe(MAX_COST);
  });
});

describe('the expression', () => {
  test.each([
    ['{ me { bio } }', '6'],
    ['mutation ($r: Rename) { rename(input: $r) { id } }', '10 + 1 + cost($r as Mutation.rename(input:))'],
    ['query ($n: Int) { users(first: $n) { friend { id } } }', '2 × ($n ?? 10)'],
    ['query ($n: Int = 4) { users(first: $n) { id } }', '($n or 4) ?? 10'],
    [
      'query ($n: Int, $m: Int) { users(first: $n, last: $m) { id friends(first: $m) { bio } } }',
      '(max($n, $m) ?? 10) × (1 + 6 × ($m ?? 3))',
    ],
    [
      'query ($i: Page) { page(input: $i, size: null) { nodes { id } } }',
      '1 + ($i.first ?? 10) + cost($i as Query.page(input:))',
    ],
    [
      'query ($a: Boolean!, $b: Boolean!) { me @include(if: $a) @skip(if: $b) { bio } }',
      '$a and not $b ? 6 : 0',
    ],
    [
      'query ($n: Int) { node { ... on User { friends(first: $n) { id } } ... on Robot { owner { id } } } }',
      'max(1 + ($n ?? 3), 2)',
    ],
    [
      'query ($n: Int) { ...F a: node { ...G } b: nodes { ...G } } fragment F on Query { me { ...G } } fragment G on User { friends(first: $n) { friends(first: $n) { id } } }',
      null,
    ],
  ])('of %s is printed as it is', (query, text) => {
    const printed = planOf(model, query).print();
    if (text === null)
      expect(printed).toMatchInlineSnapshot(`
        "a = 1 + ($n ?? 3)
        1 + ($n ?? 3) × a + max(1 + ($n ?? 3) × a, 1) + 20 × max(1 + ($n ?? 3) × a, 1)"
      `);
    else expect(printed).toBe(text);
  });
});

describe('a list that nothing bounds', () => {
  test('is named, once', () => {
    const query = '{ all { friend { id } } a: all { id } me { tags friends { id } } }';
    expect(planOf(model, query).unboundedLists).toEqual(['Query.all']);
  });

  test('is not named where its length changes nothing', () => {
    expect(planOf(model, '{ me { tags } }').unboundedLists).toEqual([]);
  });
});

describe('exactly one slicing argument', () => {
  test.each([
    ['{ users { id } }', {}, 0],
    ['{ users(first: 1, last: 1) { id } }', {}, 2],
    ['{ users(first: null) { id } }', {}, 0],
    ['{ users(first: -1) { id } }', {}, 0],
    ['query ($n: Int) { users(first: $n) { id } }', {}, 0],
    ['query ($n: Int) { users(first: $n) { id } }', { n: null }, 0],
    ['query ($n: Int) { users(first: $n, last: 3) { id } }', { n: 3 }, 2],
    ['{ users(first: 1) { id } }', {}, null],
    ['query ($n: Int) { users(first: $n) { id } }', { n: 2 }, null],
    ['query ($n: Int) { users(first: $n, last: 3) { id } }', {}, null],
    ['query ($n: Int = 2) { users(first: $n) { id } }', {}, null],
    ['{ page { nodes { id } } }', {}, null],
    ['{ page(input: {first: 3}) { nodes { id } } }', {}, null],
    ['{ page(input: {first: 3}, size: 2) { nodes { id } } }', {}, 2],
    ['query ($a: Boolean!) { users @include(if: $a) { id } }', { a: false }, null],
    ['query ($a: Boolean!) { users @include(if: $a) { id } }', { a: true }, 0],
  ])('%s with %j', (query, variables, given) => {
    const problems = planOf(model, query).problems(variables);
    expect(problems.map(problem => problem.given)).toEqual(given === null ? [] : [given]);
  });
});

describe('calls of a field', () => {
  const callsOf = (query: string, wanted: string, variables = {}) => {
    const { fields, count } = compileCalls(operationOf(model, query), model, name => name === wanted);
    const counts = count(variables);
    return fields.map(({ node }, index) => [(node.alias ?? node.name).value, counts(index)]);
  };

  test.each([
    ['{ me { id } }', 'Query.me', [['me', 1]]],
    ['{ nodes { id } }', 'Node.id', [['id', 20]]],
    [
      '{ nodes { id owner { id } } }',
      'User.id',
      [
        ['id', 20],
        ['id', 20],
      ],
    ],
    ['{ nodes { ... on Robot { id } } }', 'User.id', []],
    [
      '{ a: me { id } b: me { id } }',
      'Query.me',
      [
        ['a', 1],
        ['b', 1],
      ],
    ],
    [
      '{ users(first: 5) { friends { x: id y: id } } }',
      'User.id',
      [
        ['x', 15],
        ['y', 15],
      ],
    ],
    ['{ users(first: 5) { ...F } me { ...F } } fragment F on User { id }', 'User.id', [['id', 6]]],
    ['{ users(first: 0) { id } }', 'User.id', [['id', 1]]],
    ['{ users(first: 0) { friends(first: 9) { id } } }', 'User.id', [['id', 1]]],
    ['{ users(first: 0) { id @skip(if: true) } }', 'User.id', []],
    ['{ all { id } }', 'User.id', [['id', 10]]],
    ['{ me { id id } }', 'User.id', [['id', 1]]],
  ])('%s: %s', (query, wanted, calls) => {
    expect(callsOf(query, wanted)).toEqual(calls);
  });

  test('follow the variables', () => {
    const query =
      'query ($n: Int, $a: Boolean!) { users(first: $n) { friends(first: $n) { id @include(if: $a) } } }';
    expect(callsOf(query, 'User.id', { n: 4, a: true })).toEqual([['id', 16]]);
    expect(callsOf(query, 'User.id', { n: 4, a: false })).toEqual([['id', 0]]);
  });

  test('are counted together, so that what is above all of them is worked out once', () => {
    const names = Array.from({ length: 100 }, (_, index) => `v${index}`);
    const ids = names.map(name => `${name}: id @include(if: $${name})`);
    const variables = names.map(name => `$${name}: Boolean = true`);
    const query = `query ($n: Int ${variables.join(' ')}) { users(first: $n) { ${ids.join(' ')} } }`;
    let reads = 0;
    const given = { n: 3, v0: false };
    const watched = new Proxy(given, {
      get(target, name) {
        if (name === 'n') reads++;
        return Reflect.get(target, name);
      },
    });
    const calls = callsOf(query, 'User.id', watched);
    expect([calls.length, calls[0], calls[99]]).toEqual([100, ['v0', 0], ['v99', 3]]);
    expect(reads).toBe(1);
  });
});

describe('the parts', () => {
  test('add up to the estimate', () => {
    const query =
      'query ($n: Int) { users(first: $n) { bio friends(first: $n) { bio } } node { ... on User { bio } ... on Robot { owner { bio } } } __schema { queryType { name } } }';
    const parts = costParts(operationOf(model, query), model, { n: 4 });
    expect(parts).toEqual(
      [
        { coordinate: 'User.bio', cost: 20 + 80 + 5 },
        { coordinate: 'User.friends', cost: 16 },
        { coordinate: 'Query.users', cost: 4 },
        { coordinate: 'introspection', cost: 1 },
        { coordinate: 'Query.node', cost: 1 },
        { coordinate: 'Robot.owner', cost: 1 },
      ].sort((a, b) => b.cost - a.cost || a.coordinate.localeCompare(b.coordinate)),
    );
    expect(parts.reduce((sum, part) => sum + part.cost, 0)).toBe(estimateOf(model, query, { n: 4 }));
  });
});

describe('settings', () => {
  test('take the place of directives, one by one', () => {
    const other = modelOf(SCHEMA, {
      defaultListSize: 4,
      weights: { 'User.bio': 0, User: 2, Node: 9, 'Query.users(first:)': 1 },
      listSizes: { 'User.friends': { assumedSize: 7 }, 'Query.all': { slicingArguments: [] } },
    });
    expect(estimateOf(other, '{ me { bio } }')).toBe(2);
    expect(estimateOf(other, '{ all { id } }')).toBe(8);
    expect(estimateOf(other, '{ me { friends { id } } }')).toBe(2 + 14);
    expect(estimateOf(other, '{ me { friends(first: 1) { id } } }')).toBe(2 + 2);
    expect(estimateOf(other, '{ users(first: 2) { id } }')).toBe(4 + 1);
    expect(estimateOf(other, '{ node { ... on Robot { model } } }')).toBe(9);
  });

  test('are what actual costs are counted by too', () => {
    const operation = operationOf(model, 'mutation ($r: Rename) { rename(input: $r) { bio } }');
    const { operationCost, typeWeight, fieldWeight, argumentCost } = fieldCosts(operation, model);
    const [node] = operation.definition.selectionSet.selections;
    if (node?.kind !== 'Field') throw new Error('no field');
    expect(operationCost).toBe(10);
    expect([typeWeight('User'), typeWeight('String'), typeWeight('Node')]).toEqual([1, 0, 1]);
    expect([
      fieldWeight('User', 'bio'),
      fieldWeight('User', 'id'),
      fieldWeight('User', '__typename'),
    ]).toEqual([5, null, null]);
    expect(argumentCost('Mutation', node)?.({ r: { name: 'a' } })).toBe(3);
    expect(argumentCost('Mutation', node)?.({})).toBe(0);
  });
});
