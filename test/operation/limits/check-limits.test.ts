import { buildSchema, type GraphQLError, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { checkLimits, type DocumentLimits } from '../../../src/operation/limits/check-limits.ts';

const schema = buildSchema('directive @x repeatable on FIELD type Query { a: Query b: Int }');
const NONE: DocumentLimits = {
  depth: null,
  aliases: null,
  rootFields: null,
  directives: null,
  fragments: null,
  nesting: null,
};

function check(limits: Partial<DocumentLimits>, text: string): readonly GraphQLError[] {
  const rule = checkLimits({ ...NONE, ...limits });
  return validate(schema, parse(text), rule === null ? specifiedRules : [...specifiedRules, rule]);
}

test('nothing is looked at where nothing is limited', () => {
  expect(checkLimits(NONE)).toBeNull();
});

describe.each<[keyof DocumentLimits, string, string]>([
  ['depth', '{ a { b } }', '{ a { a { b } } }'],
  ['aliases', '{ x: b y: b }', '{ x: b y: b z: b }'],
  ['rootFields', '{ a { b } b }', '{ a { b } b x: b }'],
  ['directives', '{ b @x @x }', '{ b @x @x @x }'],
  ['fragments', '{ ... { b } ... { b } }', '{ ... { b ... { b } } ... { b } }'],
  ['nesting', '{ ...F } fragment F on Query { b }', '{ ...F } fragment F on Query { a { b } }'],
])('%s', (limit, within, beyond) => {
  test('a document at the limit passes', () => {
    expect(check({ [limit]: 2 }, within)).toEqual([]);
  });

  test('one beyond it is refused', () => {
    const [first] = check({ [limit]: 2 }, beyond);
    expect(first?.originalError).toBeInstanceOf(GatewayError);
    expect(first?.originalError).toMatchObject({ code: 'DOCUMENT_LIMIT_EXCEEDED', status: 400 });
    expect(first?.message).toContain('more than 2 ');
  });
});

test('no other rule goes on once a document has turned out too large', () => {
  let looked = 0;
  const rule = checkLimits({ ...NONE, depth: 1 });
  const other = () => ({
    Field: () => {
      looked++;
    },
  });
  validate(schema, parse('{ a { unknown } }'), [...(rule === null ? [] : [rule]), other]);
  expect(looked).toBe(0);
});

test('limits do not look at each other', () => {
  expect(check({ depth: 5, aliases: 0 }, '{ a { b } }')).toEqual([]);
});
