import { type FieldNode, parse, visit } from 'graphql';
import { describe, expect, test } from 'vitest';
import { assignResponseKeys } from '../../../src/execution/planners/operation/response-keys.ts';
import { responseKeyOf } from '../../../src/shared/response-key-of.ts';

const RESERVED = new Set(['__typename', 'id', 'price', 'upc']);

/** Client key → key in the engine, in document order. */
function keysOf(query: string): [string, string][] {
  const fields: FieldNode[] = [];
  visit(parse(query), { Field: node => void fields.push(node) });
  const keys = assignResponseKeys(fields, RESERVED);
  return fields.map(field => [responseKeyOf(field), keys.get(field) ?? '']);
}

describe('a field keeps the key its client chose', () => {
  test('under its own name, even a reserved one', () => {
    expect(keysOf('{ id name price }')).toEqual([
      ['id', 'id'],
      ['name', 'name'],
      ['price', 'price'],
    ]);
  });

  test('under an alias that means one thing in the whole operation', () => {
    expect(keysOf('{ a { n: name } b { n: name } }')).toEqual([
      ['a', 'a'],
      ['n', 'n'],
      ['b', 'b'],
      ['n', 'n'],
    ]);
  });
});

describe('a field gets another key', () => {
  test('where its alias is the name of a key or required field', () => {
    expect(keysOf('{ id: name upc: weight }')).toEqual([
      ['id', 'w0_id'],
      ['upc', 'w1_upc'],
    ]);
  });

  test('where a required field is asked with arguments, as the planner asks it without', () => {
    expect(keysOf('{ price(currency: "EUR") }')).toEqual([['price', 'w0_price']]);
  });

  test('where one alias means two things, and the plain field keeps its name', () => {
    expect(keysOf('{ a { name: title } b { name } }')).toEqual([
      ['a', 'a'],
      ['name', 'w0_name'],
      ['b', 'b'],
      ['name', 'name'],
    ]);
  });

  test('where one field has two sets of arguments; the order of arguments means nothing', () => {
    expect(keysOf('{ a { l: list(x: 1, y: 2) } b { l: list(y: 2, x: 1) } c { l: list(x: 2) } }')).toEqual([
      ['a', 'a'],
      ['l', 'l'],
      ['b', 'b'],
      ['l', 'l'],
      ['c', 'c'],
      ['l', 'w0_l'],
    ]);
  });

  test('where objects inherit a property of that name', () => {
    const keys = keysOf('{ __proto__: name constructor: name toString: name }').map(([, key]) => key);
    expect(keys).toEqual(['w0_proto__', 'w1_constructor', 'w2_toString']);
  });

  test('that no client has taken', () => {
    expect(keysOf('{ id: name w0_id: title }')).toEqual([
      ['id', 'w1_id'],
      ['w0_id', 'w0_id'],
    ]);
  });
});

test('equal meanings share a key, so that an entity is fetched once for all its places', () => {
  const keys = keysOf('{ a { id: name } b { id: name } }').filter(([key]) => key === 'id');
  expect(keys).toEqual([
    ['id', 'w0_id'],
    ['id', 'w0_id'],
  ]);
});
