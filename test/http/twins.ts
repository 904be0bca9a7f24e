import type { InjectOptions } from 'fastify';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { Clock } from '../../src/shared/clock.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type FakeSubgraph, type RunningFake, startFakeSubgraph } from '../support/fake-subgraph.ts';

/** A request, byte by byte. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: Buffer | string;
}

export interface TwinsOptions {
  readonly clock: Clock;
  readonly config: GatewayConfigInput;
  readonly folder?: string;
  /** Called once for each of the two, so that neither sees what the other has done. */
  readonly subgraph: () => FakeSubgraph;
}

export interface Twins extends AsyncDisposable {
  /** What both are told apart by: nothing, if all is well. */
  readonly pair: readonly [Twin, Twin];
  /** Sends a request to both. */
  ask(request: Sent): Promise<readonly [Told, Told]>;
  /** Both serve this supergraph from now on. */
  publish(typeDefs: string): Promise<void>;
}

/** All that a client is told, but what is by chance. */
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Twin {
  readonly gateway: Gateway;
  readonly subgraph: RunningFake;
  readonly log: readonly unknown[];
  ask(request: Sent): Promise<Told>;
  /** Lines of metrics that say how often something was done. */
  counts(): Promise<readonly string[]>;
  publish(typeDefs: string): Promise<void>;
  close(): Promise<void>;
}

/** A gateway that remembers requests, and one that sends each of them the whole way. */
export async function startTwins(options: TwinsOptions): Promise<Twins> {
  const first = await startTwin(options, false);
  const second = await startTwin(options, true);
  return {
    pair: [first, second],
    async ask(request) {
      return [await first.ask(request), await second.ask(request)];
    },
    async publish(typeDefs) {
      await first.publish(typeDefs);
      await second.publish(typeDefs);
    },
    async [Symbol.asyncDispose]() {
      await first.close();
      await second.close();
    },
  };
}

async function startTwin(
  { config, clock, folder = '.', subgraph: describe }: TwinsOptions,
  sendsAllTheWay: boolean,
): Promise<Twin> {
  const fake = describe();
  const subgraph = await startFakeSubgraph(fake);
  const sdlOf = (typeDefs: string) => composeSupergraph([{ name: 'shop', url: subgraph.url, typeDefs }]);
  const log: unknown[] = [];
  const metrics = createMetrics();
  let update = (_sdl: string): void => {};
  const gateway = await createGateway({
    config: parseConfig(gatewayConfig, config, 'test config'),
    folder,
    manager: {
      async initialize(tools) {
        update = tools.update;
        return { supergraphSdl: sdlOf(fake.typeDefs) };
      },
    },
    logger: collectInto(log),
    metrics,
    clock,
    // Where somebody wants to see every request pass, each goes the whole way.
    ...(sendsAllTheWay ? { plugins: [{}] } : {}),
  });
  return {
    gateway,
    subgraph,
    log,
    ask: async request => toldOf(await gateway.app.inject(request as InjectOptions)),
    async counts() {
      const text = await metrics.registry.metrics();
      return text.split('\n').filter(line => !line.startsWith('#') && !BY_CHANCE.test(line));
    },
    async publish(typeDefs) {
      const before = gateway.generation();
      const sdl = sdlOf(typeDefs);
      if (sdl === before.sdl) return;
      update(sdl);
      while (gateway.generation() === before) await new Promise(resolve => setImmediate(resolve));
    },
    async close() {
      await gateway.close();
      await subgraph[Symbol.asyncDispose]();
    },
  };
}

/** How long something took, how much memory there is, and what the way through Apollo Server alone has. */
const BY_CHANCE = /_(bucket|sum)[{ ]|^(process|nodejs)_|_bytes\b|seconds/;

function toldOf(response: {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly rawPayload: Buffer;
}): Told {
  const { statusCode: status, headers, rawPayload } = response;
  const { date: _, 'x-trace-id': __, ...told } = headers;
  return { status, headers: told, body: rawPayload.toString('latin1') };
}

function collectInto(log: unknown[]): Logger {
  const line = (level: keyof Logger) => (fields: object, message: string) => {
    const { audit, requestId, code } = fields as Readonly<Record<string, unknown>>;
    const told = typeof audit === 'object' ? { ...audit, durationMs: 0 } : undefined;
    log.push({ level, message, requestId, code, audit: told });
  };
  // Ids of what is composed have the subgraph's port in them.
  return { debug() {}, info: line('info'), warn: line('warn'), error: line('error') };
}
