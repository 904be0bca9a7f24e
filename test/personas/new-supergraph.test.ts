import { expect, test, vi } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway } from '../../src/gateway.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { graphqlRequest } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const RESOLVERS = { Query: { word: () => 'water', other: () => 'stone' } };
const FIRST = 'type Query { word: String other: String }';
/** The same with something to hide. */
const SECOND = 'type Query { word: String other: String @tag(name: "internal") }';
/** Of which the contract leaves nothing. */
const BROKEN = FIRST.replaceAll('String', 'String @tag(name: "internal")');

test('a new supergraph takes effect for each persona, warmed; one that a contract cannot be made of changes nothing', async () => {
  await using subgraph = await startFakeSubgraph({ typeDefs: FIRST, resolvers: RESOLVERS });
  await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ word: '{ word }' }) });
  const sdlOf = (typeDefs: string): string => composeSupergraph([{ name: 'a', url: subgraph.url, typeDefs }]);
  const errors: { readonly fields: object; readonly message: string }[] = [];
  const ignore = (): void => {};
  const metrics = createMetrics();
  let update = (_sdl: string): void => {};
  const gateway = await createGateway({
    folder: folder.path,
    config: parseConfig(
      gatewayConfig,
      {
        personas: {
          staff: { match: { clients: [{ name: 'staff' }] } },
          public: {
            match: { default: true },
            contract: { excludeTags: ['internal'] },
            documents: { manifests: ['m.json'] },
          },
        },
      },
      'test',
    ),
    manager: {
      async initialize(tools) {
        update = tools.update;
        return { supergraphSdl: sdlOf(FIRST) };
      },
    },
    logger: {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (fields, message) => void errors.push({ fields, message }),
    },
    metrics,
    clock: systemClock,
  });
  const ask = async (body: object, headers = {}): Promise<unknown> => {
    const response = await gateway.handle(graphqlRequest(body, headers));
    return ((await response.json()) as { data?: unknown }).data ?? null;
  };
  const STAFF = { 'graphql-client-name': 'staff' };
  const other = { query: '{ other }' };
  const plans = async (): Promise<number> => {
    const metric = await metrics.registry.getSingleMetric('weir_plan_duration_seconds')?.get();
    const counts = metric?.values.filter(
      value => 'metricName' in value && String(value.metricName).endsWith('_count'),
    );
    return (counts ?? []).reduce((sum, { value }) => sum + value, 0);
  };
  try {
    expect(await ask(other)).toEqual({ other: 'stone' });
    const first = gateway.generation().id;
    const planned = await plans();

    update(sdlOf(SECOND));
    await vi.waitFor(() => expect(gateway.generation().id).not.toBe(first), PATIENCE);
    expect(await plans()).toBe(planned + 1);
    expect(await ask({ id: 'word' })).toEqual({ word: 'water' });
    expect(await plans()).toBe(planned + 1);
    expect(await ask(other)).toBeNull();
    expect(await ask(other, STAFF)).toEqual({ other: 'stone' });

    const second = gateway.generation().id;
    update(sdlOf(BROKEN));
    await vi.waitFor(() => expect(errors).toHaveLength(1), PATIENCE);
    expect(errors[0]?.message).toMatch(/last good one stays/);
    expect(gateway.generation().id).toBe(second);
    expect(await ask({ id: 'word' })).toEqual({ word: 'water' });
    expect(await ask(other)).toBeNull();
  } finally {
    await gateway.close();
  }
});
