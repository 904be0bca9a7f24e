import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { ordersSubgraph } from '../../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../../subgraphs/products/subgraph.ts';
import type { RunningSubgraph } from '../../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../../subgraphs/users/subgraph.ts';
import { composeSupergraph } from '../../support/compose.ts';
import { type GeneratedOperation, generateOperations } from '../../support/generate-operations.ts';
import { type RunningIssuer, startIssuer } from '../../support/jwks-server.ts';
import { createMonolith } from '../../support/monolith.ts';
import { REPOSITORY } from '../../support/start-cli.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';

/** Fixed, so that nothing in an answer depends on when it is asked for. */
const NOW = Date.parse('2025-03-01T12:00:00.000Z');
const OPERATIONS = 60;

const monolith = createMonolith({ now: () => NOW });
const gateways = new Map<string, TestGateway<never>>();
const subgraphs: RunningSubgraph[] = [];
let issuer: RunningIssuer;
let caller: { readonly authorization: string };

beforeAll(async () => {
  const definitions = [usersSubgraph, ordersSubgraph, productsSubgraph];
  const running = await Promise.all(
    definitions.map(async ({ name, typeDefs }) => {
      const subgraph = await startSubgraph(name as 'users', { port: 0, now: () => NOW });
      subgraphs.push(subgraph);
      return { name, typeDefs, url: subgraph.url };
    }),
  );
  const supergraphSdl = composeSupergraph(running);
  issuer = await startIssuer();
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  caller = {
    authorization: `Bearer ${issuer.token({ sub: 'u-1', scope: 'read:email', roles: ['support'], exp })}`,
  };
  const config = {
    identity: { jwt: { providers: [issuer.provider] } },
    policy: { authorization: { rules: './policies/permissions.ts' } },
    // All that is not somebody's own is kept, whatever it is.
    cache: { defaultMaxAge: '1h', negative: '1h', jitter: 0, responses: { enabled: false } },
  } as GatewayConfigInput;
  for (const planner of ['auto', 'apollo'] as const) {
    const options = { supergraphSdl, folder: REPOSITORY, config: { ...config, execution: { planner } } };
    gateways.set(planner, await startGateway(options));
  }
});

afterAll(async () => {
  for (const gateway of gateways.values()) await gateway[Symbol.asyncDispose]();
  for (const subgraph of subgraphs) await subgraph[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

async function answerOf(gateway: TestGateway<never>, operation: GeneratedOperation): Promise<string> {
  const response = await gateway.handle(graphqlRequest(operation, caller));
  return (await response.text()).trim();
}

function sorted(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

async function found(gateway: TestGateway<never>, outcome: string): Promise<number> {
  const { body } = await gateway.gateway.admin.inject('/metrics');
  return body
    .split('\n')
    .filter(line => line.startsWith('weir_cache_entities_total{') && line.includes(`"${outcome}"`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe.each([21, 22])('operations of seed %i', seed => {
  const operations = generateOperations(monolith.schema, { seed, count: OPERATIONS, maxDepth: 5 });

  test('are answered from what is kept as one schema answers them', async () => {
    for (const round of ['first', 'second']) {
      for (const operation of operations) {
        const expected = sorted(JSON.stringify(await monolith.execute(operation)));
        for (const [planner, gateway] of gateways) {
          const answer = sorted(await answerOf(gateway, operation));
          const question = `${round} ${planner}\n${operation.query}\n${JSON.stringify(operation.variables)}`;
          if (answer !== expected) expect.soft(answer, question).toBe(expected);
        }
      }
    }
  }, 60_000);
});

test('much of it is answered from what is kept', async () => {
  for (const gateway of gateways.values()) {
    const [hits, misses] = [await found(gateway, 'hit'), await found(gateway, 'miss')];
    expect(hits).toBeGreaterThan(misses);
    expect(hits).toBeGreaterThan(300);
  }
});
