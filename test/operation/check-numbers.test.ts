import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { finiteNumbers } from '../../src/operation/check-numbers.ts';

const schema = buildSchema(
  'scalar Any input In { x: Float } type Query { a(f: Float, any: Any, in: In): Int }',
);

const problems = (text: string): readonly string[] =>
  validate(schema, parse(text), [finiteNumbers]).map(({ message }) => message);

test.each([
  '{ a(f: 1e308) }',
  '{ a(f: -1.7e308) }',
  '{ a(f: 1e-999) }',
  `{ a(any: ${'9'.repeat(300)}) }`,
  '{ a(any: "1e999") }',
])('%s is left to the rules of types', text => {
  expect(problems(text)).toEqual([]);
});

test.each([
  '{ a(f: 1e309) }',
  '{ a(f: -2e308) }',
  `{ a(f: ${'9'.repeat(310)}) }`,
  '{ a(any: { deep: [1, 1e999] }) }',
  'query($f: Float = 1e999) { a(f: $f) }',
  'query($in: In = {x: 1e999}) { a(in: $in) }',
])('%s has a number that is none once it is read', text => {
  expect(problems(text)).toEqual([expect.stringMatching(/^The number is too large/)]);
});

test('what it says is short, however long the number', () => {
  expect(problems(`{ a(f: 1e${'9'.repeat(100_000)}) }`)[0]?.length).toBeLessThan(100);
});
