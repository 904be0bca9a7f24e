import type { SupergraphManager } from '@apollo/gateway';
import { expect, test, vi } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../src/config/parse.ts';
import { createGateway } from '../../src/gateway.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from '../support/compose.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest, startGateway } from '../support/start-gateway.ts';

const OLD = { name: 'old', url: 'http://127.0.0.1:9', typeDefs: 'type Query { a: Int b: Int }' };

function composed(labels: Readonly<Record<string, string>>): string {
  const fields = Object.entries(labels).map(
    ([field, label]) => `${field}: Int @override(from: "old", label: "${label}")`,
  );
  return composeSupergraph([
    { ...OLD, typeDefs: `type Query { ${Object.keys(labels).join(': Int ')}: Int plain: Int }` },
    { name: 'new', url: OLD.url, typeDefs: `type Query { ${fields.join(' ')} extra: Int }` },
  ]);
}

const starting = (overrides: unknown, supergraphSdl = composed({ a: 'beta', b: 'percent(5)' })) =>
  startGateway({ supergraphSdl, config: { execution: { overrides: overrides as never } } });

test.each<[string, unknown, RegExp]>([
  ['a label that no subgraph has', { bet: true }, /execution\.overrides\.bet: .*did you mean "beta"\?/],
  ['a label far from all', { checkout: true }, /execution\.overrides\.checkout: .*there are beta/],
  ['a label that says its share itself', { 'percent(5)': true }, /percent\(5\).*says its share itself/],
  ['a share above 100', { beta: 101 }, /execution\.overrides\.beta/],
  ['a share below 0', { beta: -1 }, /execution\.overrides\.beta/],
  ['a share that is a text', { beta: '5%' }, /execution\.overrides\.beta/],
])('%s stops the start', async (_what, overrides, message) => {
  const error = await (async () => starting(overrides))().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toMatch(message);
});

test('more shares than can be told apart stop the start', async () => {
  const labels = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, `percent(${index + 1})`]));
  await using gateway = await starting({}, composed(labels(32)));
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  await expect(starting({}, composed(labels(33)))).rejects.toThrow(/33 different shares.*at most 32/);
});

test('a label that goes out of the schema is told of, and its field stays moved', async () => {
  const warn = vi.fn();
  let update: ((sdl: string) => Promise<void>) | undefined;
  const manager: SupergraphManager = {
    async initialize(options) {
      update = async sdl => options.update(sdl);
      return { supergraphSdl: composed({ a: 'beta' }) };
    },
  };
  const gateway = await createGateway({
    config: parseConfig(gatewayConfig, { execution: { overrides: { beta: true } } }, 'test'),
    folder: '.',
    manager,
    logger: { debug() {}, info() {}, warn, error() {} },
    metrics: createMetrics(),
    clock: systemClock,
  });
  try {
    const before = gateway.generation().id;
    await update?.(
      composeSupergraph([
        OLD,
        { name: 'new', url: OLD.url, typeDefs: 'type Query { a: Int @override(from: "old") }' },
      ]),
    );
    await vi.waitFor(() => expect(gateway.generation().id).not.toBe(before), PATIENCE);
    expect(warn).toHaveBeenCalledWith(
      { problems: [expect.stringContaining('execution.overrides.beta')] },
      expect.any(String),
    );
    const response = await gateway.handle(graphqlRequest({ query: '{ a }' }));
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { subgraph: 'new' } }] });
  } finally {
    await gateway.close();
  }
});
