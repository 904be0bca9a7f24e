import { expect, test } from 'vitest';
import { utf8Bytes } from '../../src/shared/utf8-bytes.ts';
import { utf8Text } from '../../src/shared/utf8-text.ts';

const LONG = 'x'.repeat(10_000);

test.each([
  ['nothing', ''],
  ['ASCII', '{"a":"\u0000~"}'],
  ['Latin-1', 'é'],
  ['what has more than one unit of UTF-16', '🏞'],
  ['half of one', '\ud83c'],
  ['what comes after much that is ASCII', `${LONG}ß`],
  ['put together of pieces', ['a', LONG, 'ž'].join('')],
])('%s is written and read as by Node itself', (_, text) => {
  const bytes = Buffer.from(text, 'utf8');
  expect(utf8Bytes(text)).toEqual(bytes);
  expect(utf8Text(bytes)).toBe(bytes.toString('utf8'));
});

test('bytes that are no UTF-8 are read as by Node itself', () => {
  for (const bytes of [Buffer.from([0xff, 0x41]), Buffer.from([0xc3]), Buffer.from([0x80])])
    expect(utf8Text(bytes)).toBe(bytes.toString('utf8'));
});
