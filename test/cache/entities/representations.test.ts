import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/cache/entities/canonical-json.ts';
import { readRepresentation } from '../../../src/cache/entities/kept-selection.ts';

const byParsing = (text: string) => {
  const value = JSON.parse(text);
  return { typeName: String(value.__typename), canonical: canonicalJson(value) };
};

describe('a representation', () => {
  test.each([
    '{"__typename":"Product","id":"1"}',
    '{"__typename":"Product","id":1}',
    '{"__typename":"Product","id":-12}',
    '{"__typename":"Product","id":"1 💧 ü"}',
    '{"__typename":"Product","id":""}',
    // None of these is as it is in its canonical form.
    '{"id":"1","__typename":"Product"}',
    '{"__typename":"Product","Id":"1"}',
    '{"__typename":"Product","_id":"1"}',
    '{"__typename":"Product","id":"\\u0041"}',
    '{"__typename":"Product","id":"a\\"b"}',
    '{"__typename":"Product","id":"a\\\\","x":1}',
    '{"__typename":"Product","id":1.0}',
    '{"__typename":"Product","id":1e3}',
    '{"__typename":"Product","id":null}',
    '{"__typename":"Product","sku":"2","id":"1"}',
    '{"__typename":"Product","id":"1","sku":"2"}',
    '{"__typename":"Product","maker":{"b":1,"a":[{"d":2,"c":3}]}}',
  ])('is told by its text as by what it says: %s', text => {
    expect(readRepresentation(text)).toEqual(byParsing(text));
  });

  test('of large numbers is each another', () => {
    const of = (id: string) => readRepresentation(`{"__typename":"Product","id":${id}}`).canonical;
    expect(of('12345678901234567890')).not.toBe(of('12345678901234567891'));
  });

  test('of the root is none', () => {
    expect(readRepresentation('')).toEqual({ typeName: '', canonical: '' });
  });
});
