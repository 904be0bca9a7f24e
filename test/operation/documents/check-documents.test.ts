import { buildSchema, GraphQLError, type ValidationRule } from 'graphql';
import { expect, test } from 'vitest';
import { checkDocuments, tokenLimit } from '../../../src/operation/documents/check-documents.ts';
import { setOf } from './manifests.ts';

const schema = buildSchema('type Query { me: User } type User { id: ID! name: String }');

test('documents that fit the schema have no problems', () => {
  expect(checkDocuments(schema, setOf({ a: '{ me { id } }', b: 'query B { me { name } }' }))).toEqual([]);
});

test('a field that the contract does not have is told with document, operation and place', () => {
  const set = setOf({ ok: '{ me { id } }', bad: 'query Me {\n  me {\n    salary\n  }\n}' });
  expect(checkDocuments(schema, set)).toEqual([
    {
      file: 'test.json',
      id: 'bad',
      operation: 'Me',
      line: 3,
      column: 5,
      message: 'Cannot query field "salary" on type "User".',
    },
  ]);
});

test('every problem is told, within a bound for each document', () => {
  const many = `{ ${Array.from({ length: 50 }, (_, index) => `f${index}`).join(' ')} }`;
  const problems = checkDocuments(
    schema,
    setOf({ many, two: 'query A { x } query B { y }', type: 'type T { a: Int } { me { id } }' }),
  );
  expect(problems.map(({ id, operation }) => [id, operation])).toEqual([
    ...Array.from({ length: 10 }, () => ['many', null]),
    ['two', 'A, B'],
    ['two', 'A, B'],
    ['type', null],
  ]);
});

test('rules of the persona are checked too', () => {
  const noNames: ValidationRule = context => ({
    OperationDefinition(node) {
      if (node.name) context.reportError(new GraphQLError('has a name', { nodes: node }));
    },
  });
  const problems = checkDocuments(schema, setOf({ a: 'query A { me { id } }' }), [noNames]);
  expect(problems).toMatchObject([{ id: 'a', line: 1, column: 1, message: 'has a name' }]);
});

test('a problem that a rule reports many times to end validation is told once', () => {
  const ending: ValidationRule = context => ({
    Document() {
      for (let time = 0; time < 200; time++) context.reportError(new GraphQLError('too deep'));
    },
  });
  const problems = checkDocuments(schema, setOf({ a: '{ gone }' }), [ending]);
  expect(problems.map(({ message }) => message)).toEqual(['too deep']);
});

test('a document may have as many tokens as its persona', () => {
  const set = setOf({ a: '{ me { id } }' });
  expect(checkDocuments(schema, set, [tokenLimit(6)])).toEqual([]);
  expect(checkDocuments(schema, set, [tokenLimit(5)])).toMatchObject([{ id: 'a', line: 1, column: 1 }]);
});
