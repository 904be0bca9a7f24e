import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { cutFields, fieldsInOrder } from '../../../src/execution/guard/cut-fields.ts';
import type { EntityGroup, FetchPlan } from '../../../src/execution/plan.ts';

function group(alias: string, variable: string): EntityGroup {
  return { alias, variable, paths: [], requires: [], outputRewrites: [] };
}

function fetchOf(
  operation: string,
  groups: readonly EntityGroup[] = [],
  variables: string[] = [],
): FetchPlan {
  return {
    kind: 'fetch',
    subgraph: 'products',
    operationKind: 'query',
    operation,
    operationName: null,
    variables,
    target:
      groups.length === 0 ? { kind: 'root', path: [], outputRewrites: [] } : { kind: 'entities', groups },
  };
}

/** Cuts every field of one of these names. */
function cut(fetch: FetchPlan, ...names: string[]): FetchPlan | null {
  const fields = fieldsInOrder(parse(fetch.operation));
  const positions = fields.flatMap(({ name }, position) => (names.includes(name.value) ? [position] : []));
  return cutFields(fetch, positions);
}

test('a root field goes, its neighbours stay, and so do their variables only', () => {
  const fetch = fetchOf(
    'query($n: Int!, $id: ID!) { top(first: $n) { name } user(id: $id) { name } }',
    [],
    ['n', 'id'],
  );
  expect(cut(fetch, 'top')).toMatchObject({
    operation: 'query($id:ID!){user(id:$id){name}}',
    variables: ['id'],
  });
});

test('nothing is left of a fetch that only asked for what is cut', () => {
  expect(cut(fetchOf('{ __typename top { name } }'), 'top')).toBeNull();
  const entities = fetchOf(
    'query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { __typename reviews { id } } } }',
    [group('_entities', 'r')],
  );
  expect(cut(entities, 'reviews')).toBeNull();
});

test('a group of entities goes when all its fields are cut, with its variable', () => {
  const fetch = fetchOf(
    `query($a: [_Any!]!, $b: [_Any!]!) {
      x: _entities(representations: $a) { ... on Product { reviews { id } } }
      y: _entities(representations: $b) { ... on User { __typename email } }
    }`,
    [group('x', 'a'), group('y', 'b')],
  );
  expect(cut(fetch, 'reviews')).toMatchObject({
    operation: 'query($b:[_Any!]!){y:_entities(representations:$b){...on User{__typename email}}}',
    target: { groups: [{ alias: 'y' }] },
  });
});

test('an object without its only field is still asked for, as it may be there or not', () => {
  expect(cut(fetchOf('{ product { vendor { name } } other }'), 'name')).toMatchObject({
    operation: '{product{vendor{__typename}}other}',
  });
});

test('fragments without fields go, wherever they are spread', () => {
  const fetch = fetchOf('{ a { ...F ... on T { x } id } b } fragment F on T { x }');
  expect(cut(fetch, 'x')).toMatchObject({ operation: '{a{id}b}' });
  const only = fetchOf('{ a { ...F } b } fragment F on T { ...G } fragment G on T { x }');
  expect(cut(only, 'x')).toMatchObject({ operation: '{a{__typename}b}' });
});

test('what is cut out of a fragment is gone at all its places', () => {
  const fetch = fetchOf('{ a { ...F } b { ...F } } fragment F on T { x y }');
  expect(cut(fetch, 'x')).toMatchObject({ operation: '{a{...F}b{...F}}fragment F on T{y}' });
});
