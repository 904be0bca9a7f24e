import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { nestsDeeperThan } from '../../src/shared/nesting.ts';
import { startOwnTime } from '../support/own-time.ts';

const DEEP = `${'{a'.repeat(20)}${'}'.repeat(20)}`;

test.each([
  ['{a{b}}', 2],
  ['[[[1]]]', 3],
  ['{a(b:[{c:1}])}', 4],
  ['{"a":{"b":[1,{"c":2}]}}', 4],
  ['', 0],
  ['a', 0],
  ['{a}{b}{c}', 1],
])('%s nests as deep as it does', (text, depth) => {
  expect(nestsDeeperThan(text, depth)).toBe(false);
  if (depth > 0) expect(nestsDeeperThan(text, depth - 1)).toBe(true);
});

describe('nothing blinds the scan:', () => {
  test.each([
    ['a quote in a comment', `# "\n${DEEP}`],
    ['three quotes in a comment', `# """\n${DEEP}`],
    ['a comment that ends with a return', `# " \r${DEEP}`],
    ['a hash in a string', `{a(b:"#")${DEEP}}`],
    ['a hash in a block string', `{a(b:"""#""")${DEEP}}`],
    ['an escaped quote', `{a(b:"\\"")${DEEP}}`],
    ['an escaped backslash at the end of a string', `{a(b:"\\\\")${DEEP}}`],
    ['an empty string', `{a(b:"")${DEEP}}`],
    ['an empty block string', `{a(b:"""""")${DEEP}}`],
    ['a quote in a block string', `{a(b:"""a"b""")${DEEP}}`],
    ['two quotes at the end of a block string', `{a(b:"""a\\"""""")${DEEP}}`],
    ['an escaped end of a block string', `{a(b:"""a\\"""b""")${DEEP}}`],
    ['a backslash before an escaped end', `{a(b:"""a\\\\"""b""")${DEEP}}`],
    ['a backslash that is no escape', `{a(b:"""\\ """)${DEEP}}`],
    ['a byte order mark', `\ufeff${DEEP}`],
  ])('%s', (_name, text) => {
    expect(() => parse(text)).not.toThrow();
    expect(nestsDeeperThan(text, 15)).toBe(true);
  });

  test.each([
    ['a string that its line ends', `{a(b:"\n${DEEP}`],
    ['a line separator, which ends no comment', `{a}#\u2028"\n${DEEP}`],
    [
      'JSON strings',
      JSON.stringify({ '"""': '"', '#': '\\', '\\': '"""#', z: JSON.parse('['.repeat(20) + ']'.repeat(20)) }),
    ],
  ])('%s', (_name, text) => {
    expect(nestsDeeperThan(text, 15)).toBe(true);
  });
});

test.each([
  ['a string', `{a(b:"${'['.repeat(50)}")}`],
  ['a block string', `{a(b:"""${'['.repeat(50)}\\"""${'{'.repeat(50)}""")}`],
  ['a comment', `{a} # ${'['.repeat(50)}\n`],
  ['a string with escapes', `{a(b:"\\"${'['.repeat(50)}")}`],
])('brackets in %s do not count', (_name, text) => {
  expect(() => parse(text)).not.toThrow();
  expect(nestsDeeperThan(text, 5)).toBe(false);
});

test('the scan takes linear time', () => {
  using time = startOwnTime();
  for (const text of [
    '"'.repeat(2_000_000),
    '"""\\'.repeat(500_000),
    '#'.repeat(2_000_000),
    '\\"""'.repeat(500_000),
    '"\n'.repeat(1_000_000),
  ])
    nestsDeeperThan(text, 10);
  expect(time.ms).toBeLessThan(1_000);
});
