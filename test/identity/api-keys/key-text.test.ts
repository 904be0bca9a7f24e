import { expect, test } from 'vitest';
import { createKeyText, idOfKey } from '../../../src/identity/api-keys/key-text.ts';
import { isKeyOf } from '../../../src/identity/api-keys/record.ts';
import { makeKey } from './keys.ts';

test('a new key holds its id, and no two are equal', () => {
  const keys = Array.from({ length: 1_000 }, createKeyText);
  for (const { id, text } of keys) {
    expect(text).toMatch(/^weir_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}$/);
    expect(idOfKey(text)).toBe(id);
  }
  expect(new Set(keys.map(({ text }) => text)).size).toBe(1_000);
});

test('every character is as likely as the others', () => {
  const counts = new Map<string, number>();
  const drawn = 20_000 * 12;
  for (let i = 0; i < 20_000; i++) {
    for (const character of createKeyText().id) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  expect(counts.size).toBe(62);
  // A remainder of 256 by 62 would favour eight characters by a quarter; chance stays within eight deviations.
  for (const count of counts.values()) {
    expect(Math.abs(count - drawn / 62)).toBeLessThan(8 * Math.sqrt(drawn / 62));
  }
});

test.each([
  ['nothing', ''],
  ['another prefix', `wire_${'a'.repeat(12)}_${'b'.repeat(32)}`],
  ['no secret', `weir_${'a'.repeat(12)}_`],
  ['a character too many', `weir_${'a'.repeat(12)}_${'b'.repeat(33)}`],
  ['a character too few', `weir_${'a'.repeat(12)}_${'b'.repeat(31)}`],
  ['other characters', `weir_${'a'.repeat(12)}_${'b'.repeat(31)}-`],
  ['a line after it', `weir_${'a'.repeat(12)}_${'b'.repeat(31)}\n`],
  ['megabytes', 'weir_'.repeat(1_000_000)],
])('is no key: %s', (_title, text) => {
  expect(idOfKey(text)).toBeNull();
});

test('a record is of its own key only, and of no key when there is none', () => {
  const one = makeKey();
  const other = makeKey();
  const mixed = `weir_${one.record.id}_${other.text.slice(-32)}`;
  expect(isKeyOf(one.text, one.record)).toBe(true);
  expect(isKeyOf(other.text, one.record)).toBe(false);
  expect(isKeyOf(mixed, one.record)).toBe(false);
  expect(isKeyOf(one.text, null)).toBe(false);
  // A stolen record cannot be passed off as that of another id.
  const { salt, hash } = one.record;
  const forged = `weir_${other.record.id}_${one.text.slice(-32)}`;
  expect(isKeyOf(forged, { ...other.record, salt, hash })).toBe(false);
});

test('a record holds neither the key nor its secret', () => {
  const { text, record } = makeKey();
  expect(JSON.stringify(record)).not.toContain(text.slice(-32));
});
