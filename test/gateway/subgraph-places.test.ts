import { expect, test } from 'vitest';
import { executionConfig } from '../../src/config/execution.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { TargetGroups } from '../../src/execution/fetch/targets/target-groups.ts';
import { placeSubgraphs } from '../../src/gateway/subgraph-places.ts';

const COMPOSED = new Map([
  ['orders', 'http://composed/orders'],
  ['products', 'http://composed/products'],
]);

const groups = (): TargetGroups => new TargetGroups({ ejected: () => {}, returned: () => {} });

function place(settings: object, targets = groups()) {
  const execution = parseConfig(executionConfig, { subgraphs: settings }, 'test config');
  return placeSubgraphs(COMPOSED, execution, targets);
}

test('a subgraph is where the configuration says, or else the supergraph, under its own name', () => {
  for (const url of ['http://other/', ['http://other/']]) {
    const { urls, choices } = place({ orders: { url } });
    expect([...urls]).toEqual([
      ['orders', { subgraph: 'orders', url: 'http://other/' }],
      ['products', { subgraph: 'products', url: 'http://composed/products' }],
    ]);
    expect(choices.size).toBe(0);
  }
});

test('of several URLs each is an endpoint, and people are told of host and port only', () => {
  const url = ['https://user:secret@one/graphql', 'http://[::1]:4001/graphql'];
  const { urls, choices, probes } = place({ orders: { url, timeout: '2s' } });
  const choice = choices.get('orders');
  expect(choice?.timeoutMs).toBe(2_000);
  expect(choice?.group.targets.map(({ address }) => address)).toEqual(['one:443', '[::1]:4001']);
  expect(choice?.group.targets.map(({ endpoint }) => urls.get(endpoint))).toEqual(
    url.map(one => ({ subgraph: 'orders', url: one })),
  );
  expect(urls.has('orders')).toBe(false);
  expect(probes).toEqual([]);
});

test('probes are of several URLs', () => {
  const settings = { all: { probe: {} }, orders: { url: ['http://one/', 'http://two/'] } };
  expect(place(settings).probes).toMatchObject([
    { subgraph: 'orders', settings: { every: 5_000, timeout: 1_000 } },
  ]);
});

test('the next generation meets the targets as they are', () => {
  const targets = groups();
  const [one, two] = [
    ['http://one/', 'http://two/'],
    ['http://one/', 'http://three/'],
  ];
  const first = place({ orders: { url: one } }, targets).choices.get('orders')?.group;
  expect(place({ orders: { url: one } }, targets).choices.get('orders')?.group).toBe(first);
  expect(place({ orders: { url: two } }, targets).choices.get('orders')?.group).not.toBe(first);
  expect(first).toBeDefined();
});

test.each([
  [5, 'orders.url: is neither an http(s) URL nor a list of them'],
  ['ftp://one/', 'orders.url: is not an http(s) URL'],
  [[], 'has no URL'],
  [['http://one/', 'http://one/'], 'has a URL twice'],
  [['http://one/', 'ftp://two/'], 'orders.url.1: is not an http(s) URL'],
])('%j is no place', (url, reason) => {
  expect(() => place({ orders: { url } })).toThrow(reason);
});
