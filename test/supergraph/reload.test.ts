import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupergraphManager } from '@apollo/gateway';
import { expect, test, vi } from 'vitest';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { supergraphYamlFile } from '../../src/supergraph/supergraph-source.ts';
import { WatchedSupergraph } from '../../src/supergraph/watched-supergraph.ts';
import { createLogger, type Logger } from '../../src/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest } from '../support/start-gateway.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

interface Watched extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly metrics: Metrics;
  readonly folder: TemporaryFolder;
  readonly errors: { readonly fields: object; readonly message: string }[];
  readonly infos: string[];
  ask(query: string): Promise<unknown>;
}

const schema = (field: string): string => `type Query { greeting: String ${field}: Int }`;

/** A gateway over a folder with a supergraph.yaml, following it with the real file watcher. */
async function startWatched(config: GatewayConfigInput = {}): Promise<Watched> {
  const subgraph = await startFakeSubgraph({
    typeDefs: schema('first'),
    resolvers: { Query: { greeting: () => 'hello' } },
  });
  const folder = await temporaryFolder({
    'a.graphql': schema('first'),
    'supergraph.yaml': `subgraphs: { a: { routing_url: '${subgraph.url}', schema: { file: a.graphql } } }`,
  });
  const errors: { fields: object; message: string }[] = [];
  const infos: string[] = [];
  const logger: Logger = {
    debug: () => {},
    info: (_fields, message) => void infos.push(message),
    warn: () => {},
    error: (fields, message) => void errors.push({ fields, message }),
  };
  const metrics = createMetrics();
  const gateway = await createGateway({
    folder: '.',
    config: parseConfig(gatewayConfig, { operation: { introspection: true }, ...config }, 'test'),
    manager: new WatchedSupergraph({
      source: supergraphYamlFile(join(folder.path, 'supergraph.yaml'), {}),
      logger,
      onFailed: () => metrics.reload('failed'),
    }),
    logger,
    metrics,
    clock: systemClock,
  });
  return {
    gateway,
    metrics,
    folder,
    errors,
    infos,
    ask: async query => (await gateway.handle(graphqlRequest({ query }))).json(),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await folder[Symbol.asyncDispose]();
      await subgraph[Symbol.asyncDispose]();
    },
  };
}

function served({ gateway }: Watched): readonly string[] {
  return Object.keys(gateway.generation().apiSchema.getQueryType()?.getFields() ?? {});
}

test('an edited schema is served', async () => {
  await using watched = await startWatched();
  await watched.folder.write('a.graphql', schema('second'));
  await vi.waitFor(() => expect(served(watched)).toContain('second'), PATIENCE);
});

test('an editor that saves by renaming is followed, twice', async () => {
  await using watched = await startWatched();
  for (const field of ['second', 'third']) {
    const draft = await watched.folder.write('a.graphql~', schema(field));
    await rename(draft, join(watched.folder.path, 'a.graphql'));
    await vi.waitFor(() => expect(served(watched)).toContain(field), PATIENCE);
  }
});

test('a bad edit leaves the last good supergraph, stays ready, names the place, and can be mended', async () => {
  await using watched = await startWatched();
  await watched.folder.write('a.graphql', 'type Query {');
  await vi.waitFor(() => expect(watched.errors).toHaveLength(1), PATIENCE);
  expect(watched.errors[0]?.fields).toMatchObject({ problems: [expect.stringContaining('a.graphql:1:')] });
  expect(await watched.ask('{ greeting }')).toEqual({ data: { greeting: 'hello' } });
  expect((await watched.gateway.handle(new Request('http://gateway/health/ready'))).status).toBe(200);
  expect(await watched.metrics.registry.metrics()).toContain('weir_reloads_total{outcome="failed"} 1');

  await watched.folder.write('a.graphql', schema('second'));
  await vi.waitFor(() => expect(served(watched)).toContain('second'), PATIENCE);
});

test('a bad edit that is taken back is told to be over, as nothing is loaded that would show it', async () => {
  await using watched = await startWatched();
  const before = watched.gateway.generation();
  await watched.folder.write('a.graphql', 'type Query {');
  await vi.waitFor(() => expect(watched.errors).toHaveLength(1), PATIENCE);
  await watched.folder.write('a.graphql', schema('first'));
  await vi.waitFor(
    () => expect(watched.infos).toContainEqual(expect.stringContaining('can be used again')),
    PATIENCE,
  );
  expect(watched.gateway.generation()).toBe(before);
});

test('an edit that composes to the same supergraph changes nothing', async () => {
  await using watched = await startWatched();
  const before = watched.gateway.generation();
  await watched.folder.write('a.graphql', `# a remark\n${schema('first')}`);
  await watched.folder.write('b.graphql', schema('b'));
  // The next real edit shows that the one before has been looked at.
  await vi.waitFor(() => expect(watched.gateway.generation()).toBe(before), PATIENCE);
  await watched.folder.write('a.graphql', schema('second'));
  await vi.waitFor(() => expect(served(watched)).toContain('second'), PATIENCE);
  expect(await watched.metrics.registry.metrics()).toContain('weir_reloads_total{outcome="ok"} 2');
});

test('what is kept of one generation is no answer of the next', async () => {
  await using watched = await startWatched({ cache: { fields: { 'Query.greeting': { maxAge: '1h' } } } });
  const lookUp = async () =>
    (await watched.gateway.handle(graphqlRequest({ query: '{ greeting }' }))).headers.get('x-cache');
  expect([await lookUp(), await lookUp()]).toEqual(['MISS', 'HIT']);
  await watched.folder.write('a.graphql', schema('second'));
  await vi.waitFor(() => expect(served(watched)).toContain('second'), PATIENCE);
  expect([await lookUp(), await lookUp()]).toEqual(['MISS', 'HIT']);
});

test('twenty reloads under traffic fail no request', async () => {
  await using watched = await startWatched();
  const answers: unknown[] = [];
  let over = false;
  const clients = Array.from({ length: 4 }, async () => {
    while (!over) answers.push(await watched.ask('{ greeting }'));
  });
  for (let round = 1; round <= 20; round++) {
    await watched.folder.write('a.graphql', schema(`round${round}`));
    await vi.waitFor(() => expect(served(watched)).toContain(`round${round}`), PATIENCE);
  }
  over = true;
  await Promise.all(clients);
  expect(answers.length).toBeGreaterThan(20);
  expect(answers.filter(answer => JSON.stringify(answer) !== '{"data":{"greeting":"hello"}}')).toEqual([]);
});

test('a gateway that does not come up leaves nothing behind that follows the supergraph', async () => {
  let cleanups = 0;
  const manager: SupergraphManager = {
    initialize: async () => ({
      supergraphSdl: composeSupergraph([{ name: 'a', url: 'http://a.test/', typeDefs: schema('first') }]),
      cleanup: async () => void cleanups++,
    }),
  };
  const started = createGateway({
    folder: '.',
    config: parseConfig(gatewayConfig, { execution: { subgraphs: { b: { timeout: '1s' } } } }, 'test'),
    manager,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    clock: systemClock,
  });
  await expect(started).rejects.toThrow('no such subgraph');
  expect(cleanups).toBe(1);
});
