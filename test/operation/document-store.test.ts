import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentStore } from '../../src/operation/document-store.ts';

test('documents count with their text, and the oldest are forgotten first', async () => {
  const store = createDocumentStore(1_000);
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
  const store = createDocumentStore(1_000);
  await store.set('one', parse('{ a }'));
  expect(await store.delete('one')).toBe(true);
  expect(await store.delete('one')).toBe(false);
});
