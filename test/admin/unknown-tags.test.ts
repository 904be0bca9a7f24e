import { expect, test } from 'vitest';
import { unknownTags } from '../../src/admin/unknown-tags.ts';
import { parseTagFormat } from '../../src/supergraph/tag-format.ts';

const FORMATS = ['news', 'product-{$key.id}', '{$args.a}/of/{$args.b}', 'a{$key.x}-{$key.y}a'];
const tags = new Map(FORMATS.map(text => [text, [{ format: parseTagFormat(text), subgraphs: [] }]]));

const isUnknown = (tag: string): boolean => unknownTags([{ kind: 'tag', tag }], { tags }).length > 0;

test.each(['news', 'product-1', 'product-', 'x/of/y', '/of/', 'a1-2a', 'a-a'])('%s may be written', tag => {
  expect(isUnknown(tag)).toBe(false);
});

test.each(['new', 'news2', 'prodct-1', 'my-product-1', 'x/for/y', 'a-', 'aa', 'a-b'])(
  '%s is misspelt',
  tag => {
    expect(isUnknown(tag)).toBe(true);
  },
);

test('where no tag is declared, replies are what names them', () => {
  expect(unknownTags([{ kind: 'tag', tag: 'x' }], { tags: new Map() })).toEqual([]);
});
