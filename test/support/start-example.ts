import { join } from 'node:path';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { readYaml } from '../../src/config/load.ts';
import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { type RunningIssuer, startIssuer } from './jwks-server.ts';
import { REPOSITORY } from './start-cli.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';
import type { Members } from './tokens.ts';

export interface RunningExample extends AsyncDisposable {
  readonly gateway: TestGateway<never>;
  /** Headers of a caller with these claims. */
  as(claims: Members): Readonly<Record<string, string>>;
}

/** The example as it ships: its subgraphs, and a gateway with its gateway.yaml and a provider of tokens. */
export async function startExample(overrides: GatewayConfigInput = {}): Promise<RunningExample> {
  const issuer: RunningIssuer = await startIssuer();
  const subgraphs = await Promise.all(
    [usersSubgraph, ordersSubgraph, productsSubgraph].map(async ({ name, typeDefs }) => {
      const running = await startSubgraph(name as 'users', { port: 0 });
      return { name, sdl: typeDefs, url: running.url, origin: `${name}.graphql`, running };
    }),
  );
  const shipped = (await readYaml(join(REPOSITORY, 'gateway.yaml'), {})).value as GatewayConfigInput;
  const identity = { jwt: { providers: [issuer.provider] } } as GatewayConfigInput['identity'];
  const gateway = await startGateway<never>({
    // As `weir dev` does: other ways would lose directives of ours.
    supergraphSdl: composeSupergraph(subgraphs).sdl,
    folder: REPOSITORY,
    config: { ...shipped, identity, ...overrides },
  });
  return {
    gateway,
    as: claims => ({ authorization: `Bearer ${issuer.token(claims)}` }),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      for (const { running } of subgraphs) await running[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}
