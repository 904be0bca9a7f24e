import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type GeneratedOperation, generateOperations } from '../support/generate-operations.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { createMonolith } from '../support/monolith.ts';
import { REPOSITORY } from '../support/start-cli.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

/** Fixed, so that nothing in an answer depends on when it is asked for. */
const NOW = Date.parse('2025-03-01T12:00:00.000Z');
const SEEDS = [2, 3, 4, 5, 6, 11];
const OPERATIONS_PER_SEED = 120;

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
  // Who may see everything: the rules of the example are in force, and must not show in any answer.
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  caller = {
    authorization: `Bearer ${issuer.token({ sub: 'u-1', scope: 'read:email', roles: ['support'], exp })}`,
  };
  const config = {
    identity: { jwt: { providers: [issuer.provider] } },
    policy: { authorization: { rules: './policies/permissions.ts' } },
  } as GatewayConfigInput;
  // The native planner refuses some operations; `auto` asks the other one then, as gateways do by default.
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

/** Where a variable decides which occurrence of a field comes first, the order of keys is not compared. */
function sameOrderExpected({ query }: GeneratedOperation): boolean {
  return !/@(skip|include)\(if: \$/.test(query);
}

function sorted(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

describe.each(SEEDS)('operations of seed %i', seed => {
  const operations = generateOperations(monolith.schema, { seed, count: OPERATIONS_PER_SEED, maxDepth: 5 });

  test('are answered alike by the native planner, the portable planner and one schema without either', async () => {
    for (const operation of operations) {
      const expected = JSON.stringify(await monolith.execute(operation));
      for (const [planner, gateway] of gateways) {
        const answer = await answerOf(gateway, operation);
        const differs = sameOrderExpected(operation)
          ? answer !== expected
          : sorted(answer) !== sorted(expected);
        const question = `${planner}\n${operation.query}\n${JSON.stringify(operation.variables)}`;
        if (differs) expect.soft(answer, question).toBe(expected);
      }
    }
  }, 60_000);
});

test('the native planner takes nearly all of them', () => {
  const refused = gateways.get('auto')?.log.filter(({ message }) => message.includes('refused')).length ?? 0;
  expect(refused).toBeLessThan(SEEDS.length * OPERATIONS_PER_SEED * 0.15);
});
