import type { ExecutionResult } from 'graphql';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { GatewayOptions } from '../../src/gateway/options.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { staticSupergraph } from '../../src/supergraph/static-supergraph.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from './compose.ts';
import { type FakeSubgraph, type RunningFake, startFakeSubgraph } from './fake-subgraph.ts';
import { type LogLine, recordingLogger } from './recording-logger.ts';

export interface TestGatewayOptions<N extends string> {
  /** Started on free ports and composed; or give `supergraphSdl`. */
  readonly subgraphs?: Readonly<Record<N, FakeSubgraph>>;
  readonly supergraphSdl?: string;
  readonly config?: GatewayConfigInput;
  /** That files in the config are relative to. */
  readonly folder?: string;
  readonly clock?: Clock;
  readonly plugins?: GatewayOptions['plugins'];
}

export interface TestGateway<N extends string> extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly subgraphs: Readonly<Record<N, RunningFake>>;
  readonly log: readonly LogLine[];
  readonly metrics: Metrics;
  handle(request: Request): Promise<Response>;
  /** Posts an operation and parses the answer. */
  ask(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ExecutionResult>;
  /** Requests that all subgraphs have seen so far. */
  requestCount(): number;
}

/** A whole gateway in this process: real subgraph sockets, no listener of its own. */
export async function startGateway<N extends string = never>(
  options: TestGatewayOptions<N>,
): Promise<TestGateway<N>> {
  const { logger, lines: log } = recordingLogger();
  const entries = Object.entries(options.subgraphs ?? {}) as [N, FakeSubgraph][];
  const running = await Promise.all(
    entries.map(async ([name, fake]) => [name, fake, await startFakeSubgraph(fake)] as const),
  );
  const subgraphs = Object.fromEntries(running.map(([name, , fake]) => [name, fake])) as Record<
    N,
    RunningFake
  >;
  const sdl =
    options.supergraphSdl ??
    composeSupergraph(running.map(([name, fake, { url }]) => ({ name, url, typeDefs: fake.typeDefs })));
  const metrics = createMetrics();
  const gateway = await createGateway({
    config: parseConfig(gatewayConfig, options.config ?? {}, 'test config'),
    folder: options.folder ?? process.cwd(),
    manager: staticSupergraph(sdl),
    logger,
    metrics,
    clock: options.clock ?? systemClock,
    ...(options.plugins === undefined ? {} : { plugins: options.plugins }),
  });
  const handle = (request: Request): Promise<Response> => gateway.handle(request);
  return {
    gateway,
    subgraphs,
    log,
    metrics,
    handle,
    async ask(query, variables = {}, headers = {}) {
      const response = await handle(graphqlRequest({ query, variables }, headers));
      return (await response.json()) as ExecutionResult;
    },
    requestCount: () => running.reduce((sum, [, , fake]) => sum + fake.requests.length, 0),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await Promise.all(running.map(([, , fake]) => fake[Symbol.asyncDispose]()));
    },
  };
}

export function graphqlRequest(body: unknown, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
