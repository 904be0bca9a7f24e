import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import type { BoundOperation } from '../../../src/http/bound-operation.ts';
import { deniedPaths } from '../../../src/policy/authorize/denied-paths.ts';
import { deniedByName } from './denied-by-name.ts';

const schema = buildSchema('type Query { a: Int b: Int! self: Query strict: Query! }');

/** The paths of an operation in which the fields are denied whose response key begins with `no`. */
function paths(query: string, variables: BoundOperation['variables'] = {}): readonly string[] {
  const { document, definition, denied, removed } = deniedByName(query, schema);
  const denial = { removed, denied, refusals: new Map(), deferred: null };
  return deniedPaths({ document, definition, denial, variables } as unknown as BoundOperation).map(path =>
    path.join('.'),
  );
}

test.each<[string, readonly string[]]>([
  ['{ no: a x: self { y: self { no: a } } }', ['no', 'x.y.no']],
  // Of what goes with it, the path of what was denied.
  ['{ x: self { y: strict { no: b } } }', ['x.y.no']],
  ['{ x: self { ...F } y: self { ... { ...F } } } fragment F on Query { no: a }', ['x.no', 'y.no']],
  ['{ self { no: a } self { no: a } }', ['self.no']],
  ['{ a }', []],
])('of %s are %j', (query, expected) => expect(paths(query)).toEqual(expected));

test.each<[string, readonly string[]]>([
  ['@include(if: true)', ['no']],
  ['@include(if: false)', []],
  ['@skip(if: true)', []],
  ['@skip(if: false)', ['no']],
  ['@include(if: $yes)', ['no']],
  ['@include(if: $no)', []],
  ['@skip(if: $yes)', []],
  ['@skip(if: $no)', ['no']],
  ['@include(if: $yes) @skip(if: $yes)', []],
  ['@other', ['no']],
])('what is left out is not asked for: %s', (directives, expected) => {
  const variables = { yes: true, no: false };
  const head = 'query ($yes: Boolean!, $no: Boolean!)';
  expect(paths(`${head} { no: a ${directives} }`, variables)).toEqual(expected);
  expect(paths(`${head} { ...F ${directives} } fragment F on Query { no: a }`, variables)).toEqual(expected);
  expect(paths(`${head} { ... ${directives} { no: a } }`, variables)).toEqual(expected);
});

test('twenty are enough', () => {
  const fields = Array.from({ length: 40 }, (_, index) => `no${index}: a`).join(' ');
  expect(paths(`{ ${fields} }`)).toHaveLength(20);
});

test('fragments that spread each other many times are not followed for ever', () => {
  const fragments = Array.from(
    { length: 60 },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} ... { ...F${index + 1} } }`,
  );
  expect(paths(`{ no: a ...F0 } ${fragments.join(' ')} fragment F60 on Query { a }`)).toEqual(['no']);
});
