import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../src/shared/linear-pattern.ts';
import { startOwnTime } from '../support/own-time.ts';

const matches = (pattern: string, text: string): boolean => compilePattern(pattern)(text);

describe('a pattern', () => {
  test.each([
    ['^x-team-', 'x-team-a', true],
    ['^x-team-', 'ax-team-a', false],
    ['team', 'x-team-a', true],
    ['-id$', 'x-org-id', true],
    ['-id$', 'x-org-id2', false],
    ['^x-(org|team)-[a-z]+$', 'x-team-blue', true],
    ['^x-(org|team)-[a-z]+$', 'x-team-7', false],
    ['^x-a|^x-b', 'x-b', true],
    ['^x.?y$', 'xy', true],
    ['^x.?y$', 'x-y', true],
    ['^v\\d\\w*$', 'v1_a', true],
    ['^[^x]', 'x-a', false],
    ['^[^x]', 'a', true],
    ['a\\.b', 'a.b', true],
    ['a\\.b', 'axb', false],
    ['^X-Team', 'x-team', true],
    ['[a-]$', 'x-', true],
    ['^(a|b)*$', 'abba', true],
    ['a$b', 'ab', false],
    ['^', '', true],
  ])('%s in %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test.each([
    ...['', 'x'.repeat(129), 'a{2}', '(?=a)', '(?:a)', '\\1', '\\s', '\\D', '\\b', '(a', 'a)', '[a', '[]'],
    ...['*a', 'a**', 'a|', '()', '[z-a]', '[[:alpha:]]', '[\\d]', 'a b', 'a:b', 'ä', 'a\\'],
  ])('is refused where it is more or less than one: %j', pattern => {
    expect(() => compilePattern(pattern)).toThrow(SyntaxError);
  });
});

describe('however patterns are made', () => {
  const random = (() => {
    let state = 11;
    return (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
  })();
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const generate = (depth: number): string => {
    const atom = (): string =>
      depth > 0 && random(3) === 0
        ? `(${generate(depth - 1)})`
        : pick(['a', 'b', '-', '.', '[ab]', '[^a]', '\\w', '^', '$']);
    const piece = (): string => {
      const one = atom();
      // An anchor that is repeated is an error to JavaScript.
      return one === '^' || one === '$' ? one : one + pick(['', '', '', '*', '+', '?']);
    };
    const sequence = (): string => Array.from({ length: 1 + random(3) }, piece).join('');
    return Array.from({ length: 1 + random(2) }, sequence).join('|');
  };

  test('they match what a regular expression of JavaScript does', () => {
    for (let count = 0; count < 3_000; count++) {
      const pattern = generate(2);
      if (pattern.length > 128) continue;
      const [own, theirs] = [compilePattern(pattern), new RegExp(pattern)];
      for (let texts = 0; texts < 8; texts++) {
        const text = Array.from({ length: random(6) }, () => pick(['a', 'b', '-', 'c'])).join('');
        expect([pattern, text, own(text)]).toEqual([pattern, text, theirs.test(text)]);
      }
    }
  });
});

test.each(['^(a+)+$', '^(a|a)*$', '(a*)*b', `${'a?'.repeat(40)}${'a'.repeat(40)}`, '.*.*.*.*.*.*.*x'])(
  'no pattern takes long, as %s would by backtracking',
  pattern => {
    const match = compilePattern(pattern);
    using time = startOwnTime();
    for (let count = 0; count < 20; count++) match(`${'a'.repeat(127)}!`);
    expect(time.ms).toBeLessThan(1_000);
  },
);
