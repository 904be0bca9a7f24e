import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type DocumentSize, measureDocument } from '../../../src/operation/limits/measure-document.ts';

const sizeOf = (text: string): DocumentSize => measureDocument(parse(text));

describe('depth', () => {
  test.each([
    ['{ a }', 1],
    ['{ a { b } c { d { e } } }', 3],
    ['{ ... { ... on Query { a { ... { b } } } } }', 2],
    ['{ ...F } fragment F on Query { a { ...G } } fragment G on A { b { c } }', 3],
    ['query A { a } query B { a { b { c { d } } } }', 4],
    ['query A { a { b } } query B { a }', 2],
    ['{ ...Missing }', 0],
  ])('of %s is %d', (text, depth) => {
    expect(sizeOf(text).depth).toBe(depth);
  });

  test('does not count the introspection query, which has a bound of its own', () => {
    expect(sizeOf('{ __schema { types { fields { type { ofType { name } } } } } a { b } }').depth).toBe(2);
    expect(sizeOf('{ s: __type(name: "A") { fields { name n: name } } }')).toMatchObject({
      depth: 1,
      aliases: 1,
    });
  });
});

describe('aliases', () => {
  test.each([
    ['{ a b }', 0],
    ['{ x: a y: a { z: b } }', 3],
    ['{ ...F ... on Query { ...F } } fragment F on Query { x: a y: b }', 4],
    ['{ a: a }', 1],
    ['query A { x: a } query B { x: a y: a }', 2],
    ['query A { x: a } query B { a }', 1],
  ])('of %s are %d', (text, aliases) => {
    expect(sizeOf(text).aliases).toBe(aliases);
  });
});

describe('root fields', () => {
  test.each([
    ['{ a b { c d } }', 2],
    ['{ ...F a } fragment F on Query { b c ... { d } }', 4],
    ['{ a @skip(if: true) a }', 2],
    ['query A { a b } mutation B { c }', 2],
    ['query A { a } mutation B { b c }', 2],
  ])('of %s are %d', (text, rootFields) => {
    expect(sizeOf(text).rootFields).toBe(rootFields);
  });
});

describe('directives', () => {
  test.each([
    ['{ a }', 0],
    ['query @x @y { a @x { b @x ... @x { c } ...F @x } } fragment F on A @x { d @x }', 8],
    ['query($v: Int @x @y) { a }', 2],
    ['fragment F on A { a @x } { b }', 1],
  ])('of %s are %d', (text, directives) => {
    expect(sizeOf(text).directives).toBe(directives);
  });
});

describe('fragments', () => {
  test.each([
    ['{ a { b } }', 0],
    ['{ ...F ... { a ... on Query { b } } ...F }', 4],
    // As validation looks at each definition once, those that none spreads too.
    [
      '{ ...F ...F } fragment F on Query { ...G ... { a } } fragment G on Query { b } fragment H on A { ...G }',
      5,
    ],
  ])('of %s are %d', (text, fragments) => {
    expect(sizeOf(text).fragments).toBe(fragments);
  });
});

describe('nesting', () => {
  test.each([
    ['{ a }', 1],
    ['{ a { b } c { d { e } } }', 3],
    ['{ ... { ... on Query { a { ... { b } } } } }', 5],
    ['{ ...F } fragment F on Query { a { ...G } } fragment G on A { b { c } }', 5],
    ['{ ...F ...F } fragment F on Query { ...G ...G } fragment G on Query { b }', 3],
    ['{ __schema { types { fields { name } } } }', 4],
    ['{ a } fragment F on Query { a { ...G } } fragment G on A { b { c } }', 4],
    ['{ ...Missing }', 1],
  ])('of %s is %d', (text, nesting) => {
    expect(sizeOf(text).nesting).toBe(nesting);
  });

  test('of fragments without end is beyond any limit', () => {
    const chain = Array.from(
      { length: 20_000 },
      (_, level) => `fragment F${level} on Q { ...F${level + 1} }`,
    );
    expect(sizeOf(`{ ...F0 } ${chain.join(' ')}`).nesting).toBeGreaterThan(1_000);
  });
});

describe('bombs', () => {
  const doubling = (levels: number): string =>
    Array.from(
      { length: levels },
      (_, level) => `fragment F${level} on Q { ...F${level + 1} x: a ...F${level + 1} }`,
    ).join(' ');

  test('fragments that double each other are counted without being spread', () => {
    const size = sizeOf(`{ ...F0 } ${doubling(500)} fragment F500 on Q { y: b { c } }`);
    expect(size).toMatchObject({ depth: 2, aliases: 1e9, rootFields: 1e9 });
  });

  test('cost time in proportion to their length', () => {
    const visits = (levels: number): number => {
      const document = parse(`{ ...F0 } ${doubling(levels)} fragment F${levels} on Q { a }`);
      let read = 0;
      for (const definition of document.definitions) {
        if (definition.kind !== 'FragmentDefinition') continue;
        const { selections } = definition.selectionSet;
        Object.defineProperty(definition.selectionSet, 'selections', {
          get: () => {
            read++;
            return selections;
          },
        });
      }
      measureDocument(document);
      return read;
    };
    expect(visits(400)).toBeLessThanOrEqual(2 * visits(200) + 2);
    expect(visits(200)).toBeLessThanOrEqual(2 * 201);
  });

  test('a fragment that spreads itself ends', () => {
    expect(sizeOf('{ ...F } fragment F on Q { a { ...F } ...F }')).toMatchObject({ depth: 1, rootFields: 1 });
    expect(sizeOf('{ ...A } fragment A on Q { a ...B } fragment B on Q { b ...A }').rootFields).toBe(2);
  });

  test('names that every object inherits are names like any other', () => {
    expect(sizeOf('{ ...constructor ...__proto__ } fragment constructor on Q { a }').rootFields).toBe(1);
  });
});
