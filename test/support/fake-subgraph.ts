import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLSchema, parse } from 'graphql';
import { withFederation } from './compose.ts';

/** What a subgraph was asked. */
export interface SeenRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** Writes whatever it likes, or nothing at all. */
export type Respond = (seen: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface FakeSubgraph {
  readonly typeDefs: string;
  /** As `buildSubgraphSchema` takes them, `__resolveReference` included. */
  readonly resolvers?: Parameters<typeof buildSubgraphSchema>[0] extends infer M
    ? M extends { resolvers?: infer R }
      ? R
      : never
    : never;
  /** Instead of executing; `undefined` executes after all. */
  readonly respond?: Respond;
  /** Serves HTTPS. */
  readonly tls?: ServerOptions;
}

export interface RunningFake extends AsyncDisposable {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Changes the behaviour of a running subgraph. */
  respond: Respond | undefined;
  /** What new connections are shown, with HTTPS. */
  renew(certificates: ServerOptions): void;
}

/** Serves a schema over a real socket on a free port, and remembers what it was asked. */
export async function startFakeSubgraph(fake: FakeSubgraph): Promise<RunningFake> {
  const schema = buildSubgraphSchema({
    typeDefs: parse(withFederation(fake.typeDefs)),
    ...(fake.resolvers === undefined ? {} : { resolvers: fake.resolvers }),
  });
  const requests: SeenRequest[] = [];
  const running: { respond: Respond | undefined } = { respond: fake.respond };
  const listener: RequestListener = async (request, response) => {
    const seen = await readRequest(request);
    requests.push(seen);
    if (running.respond !== undefined) await running.respond(seen, response);
    else await answer(schema, seen, response);
  };
  const secure = fake.tls === undefined ? null : createSecureServer(fake.tls, listener);
  const server = secure ?? createServer(listener);
  const url = await listen(server, secure === null ? 'http' : 'https');
  return Object.assign(running, {
    url,
    requests,
    renew: (certificates: ServerOptions) => secure?.setSecureContext(certificates),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  });
}

/** Executes as a well-behaved subgraph would. */
export async function answer(
  schema: GraphQLSchema,
  seen: SeenRequest,
  response: ServerResponse,
): Promise<void> {
  const result = await execute({
    schema,
    document: parse(seen.query),
    variableValues: seen.variables,
    operationName: seen.operationName ?? null,
    contextValue: seen.headers,
  });
  sendJson(response, result);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { query, variables, operationName } = JSON.parse(
    Buffer.concat(chunks).toString('utf8'),
  ) as Partial<SeenRequest>;
  return { query: query ?? '', variables: variables ?? {}, operationName, headers: request.headers };
}

async function listen(server: Pick<Server, 'listen' | 'address'>, protocol: string): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
