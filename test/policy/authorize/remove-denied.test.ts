import {
  buildSchema,
  executeSync,
  type FieldNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import type { DeniedField } from '../../../src/http/bound-operation.ts';
import { responseKeyOf as keyOf } from '../../../src/shared/response-key-of.ts';
import { createRandom, integer, type Random } from '../../../subgraphs/shared/random.ts';
import { deniedByName } from './denied-by-name.ts';

const schema = buildSchema(`
  interface Node { id: ID! self: Thing strict: Thing! }
  interface Entity implements Node { id: ID! self: Thing strict: Thing! }
  type Query implements Node { id: ID! self: Thing strict: Thing! many: [Thing!]! any: Any entity: Entity }
  type Mutation { run: Thing force: Thing! }
  type Thing implements Entity & Node { id: ID! a: Int b: Int! self: Thing strict: Thing! many: [Thing!]! any: Any }
  type Other { id: ID! }
  union Any = Thing | Other
`);

interface Removal {
  readonly query: string;
  readonly removed: ReadonlyMap<FieldNode, readonly DeniedField[]>;
}

/** Denies the fields whose response key begins with `no`. */
function remove(query: string): Removal {
  return { query, removed: deniedByName(query, schema).removed };
}

/** Removed fields by response key, each with the paths of what is denied below it. */
function summary(query: string): Record<string, readonly string[]> {
  const { removed } = remove(query);
  return Object.fromEntries(
    [...removed].map(([node, lost]) => [keyOf(node), lost.map(({ path }) => path.join('.'))]),
  );
}

describe('what goes with a denied field', () => {
  test.each<[string, string, Record<string, readonly string[]>]>([
    ['nothing, where it may be null', '{ self { no: a id } }', { no: [''] }],
    ['its object, where it may not', '{ self { no: b id } }', { no: [''], self: ['no'] }],
    [
      'every object up to one that may be null',
      '{ self { strict { strict { no: b } } } }',
      { no: [''], strict: ['strict.no'], self: ['strict.strict.no'] },
    ],
    [
      'everything, where none may be null',
      '{ id self { id } strict { no: b } }',
      { no: [''], strict: ['no'], id: [], self: [] },
    ],
    ['no list, as it may be empty', '{ many { no: b } id }', { no: [''] }],
    [
      'nothing for what is perhaps of another type',
      '{ any { ... on Thing { no: b } ... on Other { id } } }',
      { no: [''] },
    ],
    [
      'its object by a fragment on an interface of its type',
      '{ self { ... on Node { no: id } } }',
      { no: [''], self: ['no'] },
    ],
    [
      'an object of an interface, by a fragment on one that it implements',
      '{ entity { ... on Node { no: id } } }',
      { no: [''], entity: ['no'] },
    ],
    [
      'nothing while a variable may leave it out',
      'query ($v: Boolean!) { self { no: b @include(if: $v) } }',
      { no: [''] },
    ],
    [
      'nothing while a variable may leave its fragment out',
      'query ($v: Boolean!) { self { ... @skip(if: $v) { no: b } } }',
      { no: [''] },
    ],
    ['nothing where it is left out', '{ self { no: b @skip(if: true) id } }', {}],
    [
      'its object, where it is let in',
      '{ self { no: b @include(if: true) @skip(if: false) } }',
      { no: [''], self: ['no'] },
    ],
    [
      'the object at each place of a fragment',
      '{ x: self { ...F } y: strict { z: self { ...F } } } fragment F on Thing { no: b }',
      { no: [''], x: ['no'], z: ['no'] },
    ],
  ])('%s', (_name, query, expected) => expect(summary(query)).toEqual(expected));

  test('another selection of the same field of the root goes wherever it is', () => {
    const { removed } = remove('mutation { ...F run { no: b } } fragment F on Mutation { run { id } }');
    expect([...removed.keys()].filter(({ name }) => name.value === 'run')).toHaveLength(2);
    const { removed: kept } = remove('mutation ($v: Boolean!) { run { id } run @include(if: $v) { no: b } }');
    expect([...kept.keys()].filter(({ name }) => name.value === 'run')).toHaveLength(1);
  });

  test('ten reasons are enough', () => {
    const fields = Array.from({ length: 40 }, (_, index) => `no${index}: b`).join(' ');
    expect(summary(`{ self { ${fields} } }`)['self']).toHaveLength(10);
  });

  test('fragments that spread each other many times take no longer for it', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Thing { strict { ...F${index + 1} } self { ...F${index + 1} } }`,
    );
    const bomb = `{ self { ...F0 } } ${fragments.join(' ')} fragment F60 on Thing { no: b }`;
    expect(summary(bomb)['self']?.length).toBeLessThanOrEqual(10);
  });

  test('nor do those of the root', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Query { ...F${index + 1} ... { ...F${index + 1} } }`,
    );
    const bomb = `{ ...F0 } ${fragments.join(' ')} fragment F60 on Query { self { no: b } }`;
    expect(summary(bomb)).toEqual({ no: [''], self: ['no'] });
  });
});

/** Unique names, so that each field of the answer is one field of the operation; some of them are denied. */
function writeSet(random: Random, depth: number, names: { next: number }): string {
  const fields = Array.from({ length: integer(random, 1, 3) }, () => {
    const key = `${random() < 0.15 ? 'no' : 'k'}${names.next++}`;
    const kind = integer(random, 0, depth > 0 ? 5 : 1);
    if (kind === 5) {
      const condition = ['', 'on Thing', 'on Node'][integer(random, 0, 2)];
      const set =
        condition === 'on Node' ? writeNodeSet(random, depth, names) : writeSet(random, depth, names);
      return `... ${condition} ${set}`;
    }
    if (kind < 2) return `${key}: ${['a', 'b'][kind]}`;
    return `${key}: ${['self', 'strict', 'strict'][kind - 2]} ${writeSet(random, depth - 1, names)}`;
  });
  return `{ ${fields.join(' ')} }`;
}

function writeNodeSet(random: Random, depth: number, names: { next: number }): string {
  const key = `${random() < 0.1 ? 'no' : 'k'}${names.next++}`;
  return `{ ${key}: ${random() < 0.5 ? 'self' : 'strict'} ${writeSet(random, depth - 1, names)} }`;
}

test('on random operations, exactly that is removed which would come out as null', () => {
  const random = createRandom(7);
  let nulls = 0;
  for (let round = 0; round < 400; round++) {
    const set = writeSet(random, 5, { next: 0 });
    const { query, removed } = remove(`{ root: ${random() < 0.5 ? 'self' : 'strict'} ${set} id }`);
    const { data, errors } = executeSync({
      schema,
      document: parse(query),
      fieldResolver(_source, _args, _context, { path, fieldName }) {
        if (`${path.key}`.startsWith('no')) throw new GraphQLError('denied');
        return /id|a|b/.test(fieldName) ? 1 : {};
      },
    });
    const removedKeys = new Set([...removed.keys()].map(keyOf));
    const check = (
      { selections }: SelectionSetNode,
      value: Readonly<Record<string, unknown>> | null,
    ): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          check(selection.selectionSet, value);
          continue;
        }
        const below = value?.[keyOf(selection)] ?? null;
        if (value !== null)
          expect(removedKeys.has(keyOf(selection)), `${keyOf(selection)} in ${query}`).toBe(below === null);
        if (below === null) nulls++;
        else if (selection.selectionSet)
          check(selection.selectionSet, below as Readonly<Record<string, unknown>>);
      }
    };
    const [definition] = parse(query).definitions;
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('an operation');
    if (data === null || data === undefined)
      expect(removedKeys, query).toEqual(new Set([...removedKeys, 'root', 'id']));
    else check(definition.selectionSet, data);
    expect(removed.size === 0).toBe(errors === undefined);
  }
  expect(nulls).toBeGreaterThan(100);
});
