import { expect, test } from 'vitest';
import { executionConfig } from '../../src/config/execution.ts';
import { parseConfig } from '../../src/config/parse.ts';

const URL = 'http://canary/graphql';

const parse = (variants: object) =>
  parseConfig(executionConfig, { subgraphs: { products: { variants } } }, 'test config');

test('a variant needs a URL and somebody who gets it', () => {
  expect(parse({ canary: { url: [URL], when: { header: 'x-canary', equals: '1' } } })).toMatchObject({
    subgraphs: {
      products: {
        variants: {
          canary: { switchOff: { failureRate: 0.05, latency: 2, window: 60_000, minimumCalls: 50 } },
        },
      },
    },
  });
  expect(() => parse({ canary: { url: URL } })).toThrow(
    'products.variants.canary: nobody would get it: give it a weight, when, persona or tenant',
  );
  expect(() => parse({ canary: { weight: 1 } })).toThrow('canary.url: is ');
});

test.each([
  ['weights of more than 100', { a: { url: URL, weight: 60 }, b: { url: URL, weight: 41 } }, 'more than 100'],
  ['the name of the subgraph itself', { stable: { url: URL, weight: 1 } }, 'the name of the subgraph itself'],
  ['a name that is none', { 'a b': { url: URL, weight: 1 } }, 'may have letters, digits, _ and - only'],
  ['a header that is none', { a: { url: URL, when: { header: 'x canary', equals: '1' } } }, 'not the name'],
  ['a window of no time', { a: { url: URL, weight: 1, switchOff: { window: '1ms' } } }, 'between 1s and 1h'],
])('%s are refused', (_, variants, reason) => {
  expect(() => parse(variants)).toThrow(reason);
});

test('more variants than there can be are refused', () => {
  const variants = Array.from({ length: 17 }, (_, index) => [`v${index}`, { url: URL, weight: 1 }]);
  expect(() => parse(Object.fromEntries(variants))).toThrow('has more than 16 variants');
});
