import { expect, test } from 'vitest';
import { createApqStore } from '../../../src/operation/documents/apq-store.ts';
import { boundedReports } from '../../../src/operation/documents/report-unknown.ts';
import { sha256 } from '../../../src/shared/hash.ts';

test('an APQ store forgets the least recently used documents when it is full', () => {
  const apq = createApqStore(100_000);
  const texts = Array.from({ length: 100 }, (_, index) => `{ f${index} } ${'#'.repeat(1_000)}`);
  const [first = ''] = texts;
  for (const text of texts) {
    apq.remember(sha256(text), text);
    expect(apq.get(sha256(first))).toBe(first);
  }
  const kept = texts.filter(text => apq.get(sha256(text)) !== undefined);
  expect(kept.length).toBeGreaterThan(20);
  expect(kept.length).toBeLessThan(50);
});

test('one large document does not push out the others of an APQ store', () => {
  const apq = createApqStore(100_000);
  const large = `{ a } ${'#'.repeat(10_000)}`;
  apq.remember(sha256('{ b }'), '{ b }');
  apq.remember(sha256(large), large);
  expect(apq.get(sha256(large))).toBeUndefined();
  expect(apq.get(sha256('{ b }'))).toBe('{ b }');
});

test('reports are bounded in a minute, and what was dropped is reported when it comes again', () => {
  const reported: string[] = [];
  const clock = { at: 5, now: () => 0, elapsed: () => clock.at };
  const report = boundedReports(text => reported.push(text), clock);
  const texts = Array.from({ length: 100 }, (_, index) => `{ f${index} }`);
  for (const text of texts) report(text, null);
  expect(reported).toEqual(texts.slice(0, 60));
  clock.at += 59_999;
  for (const text of texts) report(text, null);
  expect(reported).toHaveLength(60);
  clock.at += 1;
  for (const text of texts) report(text, null);
  expect(reported).toEqual(texts);
});
