import { describe, expect, test } from 'vitest';
import { startOwnTime } from '../../support/own-time.ts';
import { chooser, somebody } from './personas.ts';

describe('a client pattern', () => {
  const choose = chooser({
    ios: { match: { clients: [{ name: 'shop-ios', version: '2.*' }, { name: 'ipad*' }] } },
    dots: { match: { clients: [{ name: 'a.b+c(d)[e]' }] } },
    other: { match: { default: true } },
  });
  const as = (name: string, version?: string): string | null =>
    choose(undefined, {
      'graphql-client-name': name,
      ...(version === undefined ? {} : { 'graphql-client-version': version }),
    });

  test.each<[string, string | undefined, string]>([
    ['shop-ios', '2.0', 'ios'],
    ['shop-ios', '2.', 'ios'],
    ['shop-ios', '12.0', 'other'],
    ['shop-ios', '3.2.1', 'other'],
    ['shop-ios', undefined, 'other'],
    ['SHOP-IOS', '2.0', 'other'],
    ['shop-ios ', '2.0', 'other'],
    ['shop-iosx', '2.0', 'other'],
    ['ipad', undefined, 'ios'],
    ['ipad-pro', '', 'ios'],
    ['my-ipad', '2.0', 'other'],
    ['a.b+c(d)[e]', '1', 'dots'],
    ['aXb+c(d)[e]', '1', 'other'],
    ['', '2.0', 'other'],
  ])('holds %j of version %j to name and version: %s', (name, version, expected) => {
    expect(as(name, version)).toBe(expected);
  });

  test('with stars anywhere holds what a regular expression holds, in no time', () => {
    const pattern = (name: string) =>
      chooser({ it: { match: { clients: [{ name }] } }, no: { match: { default: true } } });
    const letters = ['', 'a', 'b', 'ab', 'ba', 'aab', 'abab', 'abba', 'b-a', 'aXbXa'];
    for (const name of [
      '*',
      '**',
      'a*',
      '*a',
      'a*b',
      'a*a',
      '*a*b*',
      'a**b*a',
      'ab*ab',
      '*b*',
      'a*-*a',
      'aXb*Xa',
    ]) {
      const expected = new RegExp(`^${name.replace(/\*+/g, '.*')}$`, 's');
      const choose = pattern(name);
      for (const text of letters)
        expect([name, text, choose(undefined, { 'graphql-client-name': text })]).toEqual([
          name,
          text,
          expected.test(text) ? 'it' : 'no',
        ]);
    }
    using time = startOwnTime();
    const dashes = { 'graphql-client-name': '-'.repeat(200) };
    expect(pattern('*-*-*-*-*-*-prod')(undefined, dashes)).toBe('no');
    // The seconds that one request took, and the machine's bad days, are far apart.
    expect(time.ms).toBeLessThan(500);
  });

  test('is held against the names that Apollo’s clients use, too', () => {
    const aliases = { 'apollographql-client-name': 'shop-ios', 'apollographql-client-version': '2.1' };
    expect(choose(undefined, aliases)).toBe('ios');
    expect(choose(undefined, { ...aliases, 'graphql-client-name': 'android' })).toBe('other');
  });

  test('is not held against names longer than any client has', () => {
    expect(as(`ipad${'x'.repeat(300)}`)).toBe('other');
  });

  test('costs little however many stars it has', () => {
    const stars = chooser({
      a: { match: { clients: [{ name: `${'*'.repeat(50)}x` }] } },
      b: { match: { default: true } },
    });
    expect(stars(undefined, { 'graphql-client-name': 'y'.repeat(200) })).toBe('b');
  });
});

describe('claims', () => {
  const choose = chooser({
    one: { match: { claims: { app: 'pos', plan: ['gold', 'silver'] } } },
    named: { match: { claims: { 'https://shop.example/kind': 'kiosk' } } },
    other: { match: { default: true } },
  });
  const as = (claims: Readonly<Record<string, unknown>>): string | null => choose(somebody({ claims }));

  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ app: 'pos', plan: 'gold' }, 'one'],
    [{ app: 'pos', plan: 'silver' }, 'one'],
    [{ app: ['x', 'pos'], plan: ['gold'] }, 'one'],
    [{ app: 'pos' }, 'other'],
    [{ app: 'pos', plan: 'bronze' }, 'other'],
    [{ app: 'pos', plan: 'gold silver' }, 'other'],
    [{ app: 'pos', plan: { gold: true } }, 'other'],
    [{ app: [], plan: [] }, 'other'],
    [{ 'https://shop.example/kind': 'kiosk' }, 'named'],
    [{}, 'other'],
  ])('%j are those of %s', (claims, expected) => {
    expect(as(claims)).toBe(expected);
  });

  test('that every object inherits are none', () => {
    const inherited = chooser({
      a: { match: { claims: { constructor: ['x', 'Object'] } } },
      b: { match: { default: true } },
    });
    expect(inherited(somebody({ claims: {} }))).toBe('b');
  });

  test('match nobody who presents no credential', () => {
    expect(choose()).toBe('other');
  });
});
