import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { BoundOperation } from '../../src/http/bound-operation.ts';
import { bindOperation } from '../../src/operation/bind.ts';

const schema = buildSchema(`
  scalar Json
  enum Colour { RED GREEN }
  input Range { from: Int to: Int = 9 }
  type Query {
    one(id: ID, count: Int, ratio: Float, word: String, range: Range, json: Json, colour: Colour, ids: [ID!]): Int
  }
`);

function bind(text: string, json = '{}', documentHash = 'hash'): BoundOperation {
  const document = parse(text);
  const definition = document.definitions[0] as OperationDefinitionNode;
  const variables = JSON.parse(json) as Record<string, unknown>;
  const bound = bindOperation({
    view: { id: '', schema, omitNulls: false },
    document,
    definition,
    documentHash,
    variables,
  });
  if ('length' in bound) throw bound[0];
  return bound;
}

function keys(text: string, ...variables: readonly string[]): readonly string[] {
  return variables.map(json => bind(text, json).key);
}

describe('requests have one key if their coerced variables are equal:', () => {
  test.each([
    ['an ID as number and text', 'query ($v: ID) { one(id: $v) }', ['{"v":1}', '{"v":"1"}']],
    [
      'an Int with and without a fraction of nothing',
      'query ($v: Int) { one(count: $v) }',
      ['{"v":1}', '{"v":1.0}'],
    ],
    ['a Float in two notations', 'query ($v: Float) { one(ratio: $v) }', ['{"v":100}', '{"v":1e2}']],
    [
      'an input object in two orders',
      'query ($v: Range) { one(range: $v) }',
      ['{"v":{"from":1,"to":2}}', '{"v":{"to":2,"from":1}}'],
    ],
    ['a default of an input field', 'query ($v: Range) { one(range: $v) }', ['{"v":{}}', '{"v":{"to":9}}']],
    ['a default of a variable', 'query ($v: Int = 3) { one(count: $v) }', ['{}', '{"v":3}']],
    ['one item and a list of it', 'query ($v: [ID!]) { one(ids: $v) }', ['{"v":"1"}', '{"v":[1]}']],
    [
      'variables in two orders',
      'query ($a: Int, $b: Int) { one(count: $a) two: one(count: $b) }',
      ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ],
    ['variables that nobody defined', 'query ($v: Int) { one(count: $v) }', ['{"v":1}', '{"v":1,"other":2}']],
  ])('%s', (_name, text, variables) => {
    expect(new Set(keys(text, ...variables)).size).toBe(1);
  });
});

describe('requests have keys of their own for', () => {
  test.each([
    ['null, absent, and zero', 'query ($v: Int) { one(count: $v) }', ['{}', '{"v":null}', '{"v":0}']],
    ['null instead of a default', 'query ($v: Int = 3) { one(count: $v) }', ['{}', '{"v":null}']],
    [
      'a number and a text in a custom scalar',
      'query ($v: Json) { one(json: $v) }',
      ['{"v":1}', '{"v":"1"}', '{"v":[1]}', '{"v":true}', '{"v":"true"}', '{"v":{}}', '{"v":"{}"}'],
    ],
    [
      'texts that differ in escapes only',
      'query ($v: String) { one(word: $v) }',
      [
        '{"v":"a"}',
        '{"v":"\\""}',
        '{"v":"a\\",\\"w\\":\\"b"}',
        '{"v":"\\ud800"}',
        '{"v":"\\ud801"}',
        '{"v":""}',
      ],
    ],
    [
      'what stands under which name',
      'query ($a: Int, $b: Int) { one(count: $a) two: one(count: $b) }',
      ['{"a":1}', '{"b":1}'],
    ],
  ])('%s', (_name, text, variables) => {
    expect(new Set(keys(text, ...variables)).size).toBe(variables.length);
  });

  test('another document or another operation of it', () => {
    const texts = ['{ one }', 'query A { one }', 'query B { one }', 'query A($v: Int) { one(count: $v) }'];
    expect(new Set(texts.map(text => bind(text).key)).size).toBe(4);
    expect(bind('{ one }', '{}', 'x').key).not.toBe(bind('{ one }', '{}', 'y').key);
  });
});

test('a variable that was left out is left out, whatever its name', () => {
  const { variables } = bind(
    'query ($constructor: String, $toString: String) { one(word: $constructor) b: one(word: $toString) }',
  );
  expect(variables['constructor']).toBeUndefined();
  expect(variables['toString']).toBeUndefined();
  expect('hasOwnProperty' in variables).toBe(false);
});

test('a variable with the name of an accessor is refused, as its value would not be part of the key', () => {
  const text = 'query ($__proto__: Range) { one(range: $__proto__) }';
  expect(() => bind(text, '{"__proto__":{"from":1}}')).toThrow('__proto__');
});

test('variables that do not fit are errors, not exceptions', () => {
  const document = parse('query ($v: Int!) { one(count: $v) }');
  const definition = document.definitions[0] as OperationDefinitionNode;
  const bound = bindOperation({
    view: { id: '', schema, omitNulls: false },
    document,
    definition,
    documentHash: 'h',
    variables: { v: 'x' },
  });
  expect(bound).toHaveLength(1);
});
