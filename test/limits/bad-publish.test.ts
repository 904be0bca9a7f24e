import { expect, test, vi } from 'vitest';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway } from '../../src/gateway.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startFakeSubgraph } from '../support/fake-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { people, post } from './limited-graph.ts';

const LIMIT = '@rateLimit(limit: 2, window: "1m", by: ["ip"])';

/** A place of the supergraph, what is published there instead, and the one sentence about it. */
const MISTAKES: readonly [good: string, bad: string, sentence: RegExp][] = [
  [LIMIT, '@rateLimit(limit: 2, window: "1 fortnight")', /Query\.throttled.*window.*"1 fortnight"/],
  [LIMIT, '@rateLimit(limit: 0, window: "1m")', /Query\.throttled.*limit.*above 0/],
  [LIMIT, '@rateLimit(limit: 2, window: "1m", by: ["subjekt"])', /Query\.throttled.*"subject"/],
  [LIMIT, '@rateLimit(limit: 2, window: "1m", by: ["arg:mail"])', /Query\.throttled.*no "mail"/],
  ['@cost(weight: 5)', '@cost(weight: -5)', /User\.avatar.*-5/],
  // What the configuration names must go on being there.
  ['motto: String', 'slogan: String', /Query has no field "motto"/],
  ['everybody: [User!]', 'all: [User!]', /policy\.cost\.listSizes\.Query\.everybody/],
];

test('a supergraph with a mistake in limits or costs is not served, and told of in one sentence', async () => {
  await using subgraph = await startFakeSubgraph(people);
  const parts = [{ name: 'people', url: subgraph.url, sdl: people.typeDefs, origin: 'people.graphql' }];
  const { sdl } = composeSupergraph(parts);
  const errors: { readonly fields: object; readonly message: string }[] = [];
  let update = (_sdl: string): void => {};
  const gateway = await createGateway({
    folder: process.cwd(),
    config: parseConfig(
      gatewayConfig,
      {
        policy: {
          cost: { mode: 'enforce', listSizes: { 'Query.everybody': { assumedSize: 9 } } },
          rateLimit: { limits: { few: { limit: 9, for: { coordinates: ['Query.motto'] } } } },
        },
      },
      'test',
    ),
    manager: {
      async initialize(tools) {
        update = tools.update;
        return { supergraphSdl: sdl };
      },
    },
    logger: {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => void errors.push({ fields, message }),
    },
    metrics: createMetrics(),
    clock: systemClock,
  });
  try {
    const { id } = gateway.generation();
    for (const [index, [good, bad, sentence]] of MISTAKES.entries()) {
      expect(sdl).toContain(good);
      update(sdl.replace(good, bad));
      await vi.waitFor(() => expect(errors).toHaveLength(index + 1), PATIENCE);
      expect(errors.at(-1)?.message).toMatch(/last good one stays/);
      expect(errors.at(-1)?.fields).toMatchObject({ err: { problems: [expect.stringMatching(sentence)] } });
      expect(gateway.generation().id).toBe(id);
    }
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(gateway, '{ throttled }')).status);
    expect(statuses).toEqual([200, 200, 429]);
  } finally {
    await gateway.close();
  }
});
