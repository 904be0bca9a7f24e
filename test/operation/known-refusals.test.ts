import {
  buildSchema,
  type GraphQLError,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { KnownRefusals } from '../../src/operation/known-refusals.ts';
import { boundComparisons } from '../../src/operation/limits/bound-comparisons.ts';
import { startGateway } from '../support/start-gateway.ts';

const SDL = 'type Query { x: Int y: String f(a: Int): Query }';
const schema = buildSchema(SDL);
const filler = ` # ${'long '.repeat(300)}`;

function times(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join(' ');
}

const refused: Readonly<Record<string, string>> = {
  'one error': '{ z }',
  'several errors': '{ z x { y } f(b: 1) { y } ...F }',
  'a conflict, with two locations': '{ a: x a: y }',
  'an error of an operation as a whole': '{ x } { y }',
  'an unused fragment, told at the end': '{ x } fragment F on Query { x }',
  'more errors than are told': `{ ${times(150, index => `z${index}`)} }`,
  'just as many errors as are told': `{ ${times(100, index => `z${index}`)} }`,
  'definitions of types': '{ z } type A { a: Int } type B { b: Int }',
  'definitions of types, more than are told': `{ z } ${times(150, index => `type T${index} { a: Int }`)}`,
  'too many comparisons': `{ ${times(500, () => 'x')} }`,
};

describe.each(Object.entries(refused))('%s', (_title, text) => {
  const document = () => parse(text + filler);

  test('is told the second time as it was the first, and nothing is looked at', () => {
    const refusals = new KnownRefusals();
    let looked = 0;
    const looks: ValidationRule = () => ({
      Field() {
        looked++;
      },
    });
    const rules = [...specifiedRules, looks, boundComparisons(1_000), refusals.rule];
    const first = validate(schema, document(), rules);
    expect(first.length).toBeGreaterThan(0);
    refusals.remember(schema, document(), first);
    looked = 0;
    const again = validate(schema, document(), rules);
    expect(again.map(error => error.toJSON())).toEqual(first.map(error => error.toJSON()));
    expect(again.map(({ originalError }) => originalError)).toEqual(
      first.map(({ originalError }) => originalError),
    );
    expect(looked).toBe(0);
  });
});

test('another schema has another say, and so has another text', () => {
  const refusals = new KnownRefusals();
  const text = `{ z }${filler}`;
  refusals.remember(schema, parse(text), validate(schema, parse(text), specifiedRules));
  const other = buildSchema('type Query { z: Int }');
  const rules = [...specifiedRules, refusals.rule];
  expect(validate(schema, parse(text), rules)).toHaveLength(1);
  expect(validate(other, parse(text), rules)).toEqual([]);
  expect(validate(schema, parse(`{ x }${filler}`), rules)).toEqual([]);
});

test('the oldest are forgotten, so that memory is bounded', () => {
  const refusals = new KnownRefusals();
  const textOf = (index: number): string => `{ z${index} }${filler}`;
  for (let index = 0; index < 5_000; index++) {
    const document = parse(textOf(index));
    refusals.remember(schema, document, validate(schema, document, specifiedRules));
  }
  const told = (index: number): number => validate(schema, parse(textOf(index)), [refusals.rule]).length;
  expect([told(0), told(4_999)]).toEqual([0, 1]);
});

test('clients get the same answer again', async () => {
  const kinds: unknown[] = [];
  const looksOn = {
    requestDidStart: async () => ({
      validationDidStart: async () => async (errors?: readonly Error[]) => {
        kinds.push((errors as readonly GraphQLError[])[0]?.nodes?.[0]?.kind);
      },
    }),
  };
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: SDL } },
    plugins: [looksOn],
  });
  for (const text of [
    `{ z a: x a: y }${filler}`,
    `{ ${times(5_000, () => 'x')} }`,
    `{ __schema { x } }${filler}`,
  ]) {
    const [first, again] = [await gateway.ask(text), await gateway.ask(text)];
    expect(again).toEqual(first);
    expect(first.errors?.length).toBeGreaterThan(0);
  }
  // Nodes of a document the first time; the second time there is no document to have any.
  expect(kinds).toEqual(['Field', 'Name', undefined, undefined, 'Field', 'Name']);
  const { errors } = await gateway.ask(`{ ${times(5_000, () => 'x')} }`);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions['code']).toBe('DOCUMENT_LIMIT_EXCEEDED');
});
