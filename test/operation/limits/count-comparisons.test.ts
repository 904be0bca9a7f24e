import { buildSchema, OverlappingFieldsCanBeMergedRule, parse, specifiedRules, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { boundComparisons } from '../../../src/operation/limits/bound-comparisons.ts';
import { countComparisons } from '../../../src/operation/limits/count-comparisons.ts';
import { startOwnTime } from '../../support/own-time.ts';

const MAX = 50_000;

const schema = buildSchema(`
  interface Node { f(a: Int, b: Int): Query x: Int }
  type Query implements Node { f(a: Int, b: Int): Query g: [Query] n: Node x: Int y: String }
  type Other implements Node { f(a: Int, b: Int): Query x: Int }
`);

function times(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join(' ');
}

const count = (text: string, max = Number.POSITIVE_INFINITY): number => countComparisons(parse(text), max);

test.each([
  ['{ x y }', 0],
  ['{ x x }', 1],
  ['{ a: x b: x }', 0],
  ['{ x ... on Query { x } ... { x } }', 3],
  // Two fields, the sets below them, their four keys by half, and the two at each key.
  ['{ f { x y } f { x y } }', 1 + 1 + 2 + 2],
  ['{ f(a: 1) { x } f(a: 1) { y } }', 2 + 1 + 1],
  ['{ x ...F } fragment F on Query { x }', 1 + 1 + 1],
  // A fragment twice at one place is there once.
  ['{ ...F ...F } fragment F on Query { x }', 1 + 0.5],
  // What is below it is looked at once, however often it is spread.
  ['{ a: f { ...F } b: f { ...F } } fragment F on Query { f { x x } }', 2 * (1 + 0.5) + 1],
  // One in another is not looked at apart; one that is spread nowhere is.
  ['{ ...F } fragment F on Query { ...G } fragment G on Query { x }', 3 + 1],
  ['{ x } fragment F on Query { x x }', 1],
])('%s takes %d', (text, expected) => {
  expect(count(text)).toBe(expected);
});

/** Each of some ten kilobytes. */
const bombs: Readonly<Record<string, string>> = {
  'one leaf again and again': `{ ${times(4_900, () => 'x')} }`,
  'one field again and again': `{ ${times(1_900, () => 'f{x}')} }`,
  'one field again and again, and so below it': `{ ${times(300, () => 'f{f{f{f{f{f{f{f{f{f{x}}}}}}}}}}')} }`,
  'one field with arguments': `{ ${times(700, () => 'f(a:1,b:2){x}')} }`,
  'another field each time': `{ ${times(2_400, index => `k:${index % 2 ? 'x' : 'y'}`)} }`,
  'fragments side by side': `{ ${times(270, index => `...a${index}`)} } ${times(270, index => `fragment a${index} on Query{f{x}}`)}`,
  'fragments in each other, twice': `{ ...a0 ...b0 } ${times(140, index => `fragment a${index} on Query{f{x} ...a${index + 1}} fragment b${index} on Query{f{x} ...b${index + 1}}`)} fragment a140 on Query{x} fragment b140 on Query{x}`,
  'fragments below fields': `{ ${times(150, index => `f{...a${index % 75}}`)} } ${times(75, index => `fragment a${index} on Query{f{f{x}} ...a${(index + 1) % 75}}`)}`,
};

test.each(Object.entries(bombs))('%s is refused before it is compared', (_title, text) => {
  const errors = validate(schema, parse(text), [...specifiedRules, boundComparisons(MAX)]);
  // After a hundred there is one more that says so; `Validation aborted.` would be graphql-js, after all its time.
  expect(new Set(errors.slice(0, -1).map(({ originalError }) => originalError))).toEqual(
    new Set([expect.objectContaining({ code: 'DOCUMENT_LIMIT_EXCEEDED' })]),
  );
});

test('wide sets are let through while there are not too many', () => {
  const wide = (sets: number): string =>
    `{ ${times(sets, index => `f{${times(20, key => `k${index}_${key}:x`)}}`)} }`;
  expect(count(wide(60))).toBeLessThan(MAX);
  expect(count(wide(80))).toBeGreaterThan(MAX);
});

test('fragments that multiply each other end the count, too', () => {
  const doubling = `{ ...F0 } ${times(40, index => `fragment F${index} on Query { f { ...F${index + 1} } g { ...F${index + 1} } f { g { x } ...F${index + 1} } }`)} fragment F40 on Query { x }`;
  const endless = `{ ...F ...G } fragment F on Query { f { ...F ...G f { x } } } fragment G on Query { f { ...G f { ...F } } }`;
  for (const text of [doubling, endless]) {
    using time = startOwnTime();
    count(text, MAX);
    expect(time.ms).toBeLessThan(5_000);
  }
});

describe('of random documents', () => {
  test('those that are let through are compared within the time that graphql-js gives them', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const set = (depth: number, width: number, fragments: number): string =>
      `{ x ${times(1 + random(width), () => {
        const kind = random(6);
        if (kind === 0 && fragments > 0) return `...F${random(fragments)}`;
        if (kind === 1 && depth > 0) return `... on Query ${set(depth - 1, width, fragments)}`;
        if (kind === 2) return `k${random(3)}: ${random(2) ? 'x' : 'y'}`;
        const field = ['f', 'g', 'f(a: 1)', 'f(a: 1, b: 2)'][random(4)];
        return depth > 0 ? `k${random(4)}: ${field} ${set(depth - 1, width, fragments)}` : 'x';
      })} }`;
    let passed = 0;
    for (let run = 0; run < 600; run++) {
      const fragments = random(12);
      const [depth, width] = [1 + random(5), 1 + random(9)];
      const text = `${set(depth, width, fragments)} ${times(fragments, index => `fragment F${index} on Query ${set(random(3), width, index)}`)}`;
      if (text.length > 60_000 || count(text, MAX) > MAX) continue;
      passed++;
      const errors = validate(schema, parse(text), [OverlappingFieldsCanBeMergedRule], { maxErrors: 1e9 });
      expect(
        errors.map(({ message }) => message),
        text,
      ).not.toContain('Validation aborted.');
    }
    expect(passed).toBeGreaterThan(200);
  });
});
