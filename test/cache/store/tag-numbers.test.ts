import { expect, test } from 'vitest';
import { TagNumbers } from '../../../src/cache/store/tag-numbers.ts';

test('an entry is valid while none of its tags was invalidated after it', () => {
  const numbers = new TagNumbers();
  numbers.set(['a'], 10);
  expect(numbers.isValid(['a', 'b'], 9)).toBe(false);
  expect(numbers.isValid(['a', 'b'], 10)).toBe(true);
  expect(numbers.isValid(['b'], 9)).toBe(true);
  expect(numbers.isValid([], 0)).toBe(true);
});

test('numbers that come late take nothing back', () => {
  const numbers = new TagNumbers();
  numbers.set(['a'], 20);
  numbers.set(['a'], 15);
  expect(numbers.isValid(['a'], 15)).toBe(false);
  expect(numbers.isValid(['a'], 20)).toBe(true);
});

test('what it has no room for is invalid with everything from before it', () => {
  const numbers = new TagNumbers(2);
  numbers.set(['a'], 10);
  numbers.set(['b'], 20);
  numbers.set(['c'], 30);
  expect(numbers.isValid(['x'], 9)).toBe(false);
  expect(numbers.isValid(['x'], 10)).toBe(true);
  expect(numbers.isValid(['b'], 19)).toBe(false);
  // Invalidated again, it is among the last.
  numbers.set(['b'], 40);
  numbers.set(['d'], 50);
  expect(numbers.isValid(['x'], 29)).toBe(false);
  expect(numbers.isValid(['x'], 30)).toBe(true);
});

test('the floor rises and never falls', () => {
  const numbers = new TagNumbers();
  numbers.raise(10);
  numbers.raise(5);
  expect(numbers.isValid([], 9)).toBe(false);
  expect(numbers.isValid([], 10)).toBe(true);
});

test('tags in doubt are invalid whatever the entry says, until they have a number', () => {
  const numbers = new TagNumbers();
  numbers.doubt(['a']);
  expect(numbers.isUntouched(1_000)).toBe(false);
  expect(numbers.isValid(['a'], 1_000)).toBe(false);
  expect(numbers.isValid(['b'], 1_000)).toBe(true);
  numbers.settle(['a'], 500);
  expect(numbers.isValid(['a'], 499)).toBe(false);
  expect(numbers.isValid(['a'], 500)).toBe(true);
  numbers.doubtAll();
  expect(numbers.isValid([], 1_000)).toBe(false);
  numbers.settleAll(600);
  expect(numbers.isValid([], 599)).toBe(false);
  expect(numbers.isValid([], 600)).toBe(true);
});

test('each change is a revision of its own, and none is 0', () => {
  const numbers = new TagNumbers();
  const seen = [numbers.revision];
  numbers.set(['a'], 1);
  seen.push(numbers.revision);
  numbers.raise(2);
  seen.push(numbers.revision);
  numbers.doubt(['a']);
  seen.push(numbers.revision);
  expect(new Set(seen).size).toBe(4);
  expect(seen).not.toContain(0);
});
