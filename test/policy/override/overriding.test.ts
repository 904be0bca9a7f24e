import { buildSchema, type FragmentDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { BoundOperation } from '../../../src/http/bound-operation.ts';
import { ANONYMOUS, createCaller } from '../../../src/identity/caller.ts';
import { bindOperation } from '../../../src/operation/bind.ts';
import { createOverriding, type OverrideSubject } from '../../../src/policy/override/overriding.ts';
import { shareOf } from '../../../src/shared/share-of.ts';

const schema = buildSchema('type Query { a(n: Int): Int b: Int c: Int plain: Int me: Query }');
const table = {
  labels: new Map([
    ['beta', null],
    ['done', null],
    ['percent(20)', 20],
  ]),
  touched: new Map([
    ['Query.a', ['percent(20)']],
    ['Query.b', ['beta']],
    ['Query.c', ['done']],
  ]),
  unavoidable: [],
};
const shares = new Map([
  ['percent(20)', 20],
  ['beta', 60],
  ['done', 100],
]);
const overriding = createOverriding({ table, shares, schema });

function bind(text: string, variables: Readonly<Record<string, unknown>> = {}): BoundOperation {
  const document = parse(text);
  const [definition] = document.definitions;
  if (definition?.kind !== 'OperationDefinition') throw new TypeError('no operation');
  const view = { id: '', schema, omitNulls: false };
  const bound = bindOperation({ view, document, definition, documentHash: text, variables });
  if ('length' in bound) throw new TypeError('variables do not fit');
  return bound;
}

/** A caller whose share is the first one in a range. */
function callerBetween(from: number, to: number): OverrideSubject {
  const names = Array.from({ length: 1_000 }, (_, index) => `u-${index}`);
  const found = names.find(
    name => shareOf(`override subject ${name}`) >= from && shareOf(`override subject ${name}`) < to,
  );
  if (found === undefined) throw new Error(`nobody has a share between ${from} and ${to}`);
  return knownAs(found);
}

function knownAs(subject: string | null, address = '192.0.2.1'): OverrideSubject {
  const caller = createCaller({ ...ANONYMOUS, kind: 'jwt', subject });
  return { caller, clientAddress: () => address };
}

const decide = (operation: BoundOperation, subject: OverrideSubject): BoundOperation => {
  if (overriding === null) throw new TypeError('there are labels');
  return overriding.decide(operation, subject);
};

test('labels are on for those whose share is below theirs', () => {
  const operation = bind('{ a b c }');
  const on = (from: number, to: number) => decide(operation, callerBetween(from, to)).overrides;
  expect(on(0, 20)).toEqual(['beta', 'done', 'percent(20)']);
  expect(on(20, 60)).toEqual(['beta', 'done']);
  expect(on(60, 100)).toEqual(['done']);
});

test('an operation has the labels that its fields come under, fragments included', () => {
  const everyone = callerBetween(0, 20);
  expect(decide(bind('{ plain ...B } fragment B on Query { me { ... { b } } }'), everyone).overrides).toEqual(
    ['beta'],
  );
  expect(decide(bind('{ a }'), everyone).overrides).toEqual(['percent(20)']);
});

test('an operation that comes under none stays what it is, whoever asks', () => {
  const operation = bind('{ plain me { plain } }');
  expect(decide(operation, callerBetween(0, 20))).toBe(operation);
  expect(overriding?.variants(operation)).toEqual([operation]);
});

test('an operation is another one with other labels, for plans and for answers', () => {
  const operation = bind('query ($n: Int) { a(n: $n) b }', { n: 1 });
  const sides = [
    [0, 20],
    [20, 60],
    [60, 100],
  ].map(([from = 0, to = 0]) => decide(operation, callerBetween(from, to)));
  expect(new Set(sides.map(({ id }) => id)).size).toBe(3);
  expect(new Set(sides.map(({ key }) => key)).size).toBe(3);
  const same = decide(operation, callerBetween(5, 20));
  expect(same).toMatchObject({ id: sides[0]?.id, key: sides[0]?.key });
  expect(overriding?.variants(operation).map(({ id }) => id)).toEqual(sides.map(({ id }) => id));
});

test('labels that share a percentage make no further side', () => {
  const equal = createOverriding({
    table,
    schema,
    shares: new Map([...shares.keys()].map(key => [key, 10])),
  });
  expect(equal?.variants(bind('{ a b c }')).map(({ overrides }) => overrides)).toEqual([
    ['beta', 'done', 'percent(20)'],
    [],
  ]);
});

test('who has no subject is told apart by address, and is not a subject of that name', () => {
  const sides = new Set<string>();
  for (let index = 0; index < 200; index++) {
    const address = `192.0.2.${index}`;
    const { id } = decide(bind('{ b }'), knownAs(null, address));
    expect(decide(bind('{ b }'), knownAs(null, address)).id).toBe(id);
    sides.add(id);
  }
  expect(sides.size).toBe(2);
  const alike = Array.from({ length: 200 }, (_, index) => `192.0.2.${index}`).filter(
    name => decide(bind('{ b }'), knownAs(null, name)).id === decide(bind('{ b }'), knownAs(name)).id,
  );
  expect(alike.length).toBeLessThan(150);
});

test('what rules read of objects counts, too', () => {
  const [fragment] = parse('fragment Needed on Query { b }').definitions;
  const operation = bind('{ plain }');
  const reads = new Map([[operation.definition.selectionSet.selections[0], [fragment]]]);
  const denial = { removed: new Map(), denied: new Map(), refusals: new Map() };
  const deferred = { checks: new Map(), reads, judge: () => Promise.reject(new Error('not here')) };
  const judged = { ...operation, denial: { ...denial, deferred } } as unknown as BoundOperation;
  expect((fragment as FragmentDefinitionNode).name.value).toBe('Needed');
  expect(decide(judged, callerBetween(0, 20)).overrides).toEqual(['beta']);
  expect(decide(operation, callerBetween(0, 20)).overrides).toEqual([]);
});

test('labels of fields in keys count for every operation', () => {
  const everywhere = createOverriding({ table: { ...table, unavoidable: ['beta'] }, shares, schema });
  expect(everywhere?.decide(bind('{ plain }'), callerBetween(0, 60)).overrides).toEqual(['beta']);
});

test('there is nothing to decide without labels', () => {
  const none = { labels: new Map(), touched: new Map(), unavoidable: [] };
  expect(createOverriding({ table: none, shares: new Map(), schema })).toBeNull();
});
