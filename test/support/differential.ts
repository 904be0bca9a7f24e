import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { composeSupergraph } from './compose.ts';
import type { GeneratedOperation } from './generate-operations.ts';
import { startIssuer } from './jwks-server.ts';
import { createMonolith } from './monolith.ts';
import { REPOSITORY } from './start-cli.ts';
import { graphqlRequest, startGateway, type TestGateway } from './start-gateway.ts';

/** Fixed, so that nothing in an answer depends on when it is asked for. */
const NOW = Date.parse('2025-03-01T12:00:00.000Z');

/** What gateways are compared with: the example as one schema. */
export const monolith = createMonolith({ now: () => NOW });

/** Gateways over the same running subgraphs, one for each planner. */
export interface Differential extends AsyncDisposable {
  readonly gateways: ReadonlyMap<string, TestGateway<never>>;
  /** As its text, for a caller who may see everything: the rules of the example are in force and must not show. */
  answerOf(gateway: TestGateway<never>, operation: GeneratedOperation): Promise<string>;
}

/** @param reach where the gateways find a subgraph, if something is to stand between */
export async function startDifferential(
  config: GatewayConfigInput = {},
  reach: (url: string) => Promise<string> = async url => url,
): Promise<Differential> {
  const subgraphs: RunningSubgraph[] = [];
  const running = await Promise.all(
    [usersSubgraph, ordersSubgraph, productsSubgraph].map(async ({ name, typeDefs }) => {
      const subgraph = await startSubgraph(name as 'users', { port: 0, now: () => NOW });
      subgraphs.push(subgraph);
      return { name, typeDefs, url: await reach(subgraph.url) };
    }),
  );
  const supergraphSdl = composeSupergraph(running);
  const issuer = await startIssuer();
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const token = issuer.token({ sub: 'u-1', scope: 'read:email', roles: ['support'], exp });
  const gateways = new Map<string, TestGateway<never>>();
  // The native planner refuses some operations; `auto` asks the other one then, as gateways do by default.
  for (const planner of ['auto', 'apollo'] as const) {
    const whole = {
      identity: { jwt: { providers: [issuer.provider] } },
      policy: { authorization: { rules: './policies/permissions.ts' } },
      execution: { planner },
      ...config,
    } as GatewayConfigInput;
    gateways.set(planner, await startGateway({ supergraphSdl, folder: REPOSITORY, config: whole }));
  }
  return {
    gateways,
    async answerOf(gateway, operation) {
      const request = graphqlRequest(operation, { authorization: `Bearer ${token}` });
      return (await (await gateway.handle(request)).text()).trim();
    },
    async [Symbol.asyncDispose]() {
      for (const one of [...gateways.values(), ...subgraphs, issuer]) await one[Symbol.asyncDispose]();
    },
  };
}

/** The same JSON, whatever the order of its keys. */
export function sortedJson(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}
