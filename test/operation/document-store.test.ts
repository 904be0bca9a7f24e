import { GraphQLError, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentStore } from '../../src/operation/document-store.ts';

test('documents count with their text, and the oldest are forgotten first', async () => {
  const store = createDocumentStore(30_000);
  const long = parse(`{ ${'a '.repeat(150)}}`);
  await store.set('one', long);
  await store.set('two', parse('{ b }'));
  expect(await store.get('one')).toBe(long);
  await store.set('three', long);
  expect(await store.get('two')).toBeUndefined();
  expect(await store.get('three')).toBe(long);
});

test('tiny documents cannot fill memory either', async () => {
  const store = createDocumentStore(10_000);
  for (let count = 0; count < 1_000; count++) await store.set(`${count}`, parse('{ a }'));
  const kept = await Promise.all(Array.from({ length: 1_000 }, (_, count) => store.get(`${count}`)));
  expect(kept.filter(document => document !== undefined).length).toBeLessThan(40);
});

test('a document can be forgotten', async () => {
  const store = createDocumentStore(10_000);
  await store.set('one', parse('{ a }'));
  expect(await store.delete('one')).toBe(true);
  expect(await store.delete('one')).toBe(false);
});

test('a document that is kept still says where its parts stand, without the tokens they were read from', async () => {
  const store = createDocumentStore(10_000);
  const document = parse('{\n  a\n}');
  await store.set('one', document);
  const field = document.definitions[0];
  expect(field?.loc?.startToken).toBeUndefined();
  expect(new GraphQLError('here', { nodes: field ?? null }).locations).toEqual([{ line: 1, column: 1 }]);
});
