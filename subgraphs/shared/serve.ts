import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import type { BatchObserver } from './batch-loader.ts';
import { callerOf } from './caller.ts';
import { type Chaos, createChaos } from './chaos.ts';
import { answerDisturbed } from './chaos-answer.ts';
import { disturbFields, fieldCoordinates } from './chaos-fields.ts';
import type { ChaosInput } from './chaos-input.ts';
import type { SubgraphDefinition } from './definition.ts';
import {
  createRequestExecutor,
  type GraphQLRequest,
  type RequestExecutor,
  refusalBody,
  toGraphQLRequest,
} from './execute-request.ts';
import { parseJson, RefusedRequest, readBody } from './read-json.ts';
import type { Verifier } from './verify-signature.ts';

export interface ServeOptions {
  /** 0 takes any free port; the subgraph's own by default. */
  readonly port?: number;
  readonly host?: string;
  /** Opens /chaos; without it the path is not found and resolvers are left as they are. */
  readonly chaos?: boolean;
  /** What the time is, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Refuses GraphQL requests that are not the gateway's; without it everybody is believed. */
  readonly verify?: Verifier | undefined;
}

export interface ReceivedOperation extends GraphQLRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface RunningSubgraph extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** How many GraphQL requests arrived, disturbed ones too. */
  readonly requests: number;
  /** The newest hundred, oldest first. */
  readonly lastOperations: readonly ReceivedOperation[];
  /** Sizes of the batches each loader sent, by loader; the newest thousand. */
  readonly batches: readonly { readonly loader: string; readonly size: number }[];
  /** Throws when chaos is not on, or the input does not fit. */
  setChaos(chaos: ChaosInput | null): void;
}

/** What every request needs, gathered once at start. */
interface Listener<Context> {
  readonly execute: RequestExecutor<Context>;
  readonly openContext: (request: IncomingMessage) => Context;
  readonly chaos: Chaos | null;
  readonly verify: Verifier | undefined;
  readonly record: (operation: ReceivedOperation) => void;
}

const MOST_OPERATIONS = 100;
const MOST_BATCHES = 1_000;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
// Longer than any gateway keeps its side open, so that no request meets a connection that is just closing.
const KEEP_ALIVE_MS = 75_000;

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...JSON_HEADERS, 'content-length': Buffer.byteLength(body) }).end(body);
}

function keep<Entry>(entries: Entry[], entry: Entry, limit: number): void {
  entries.push(entry);
  if (entries.length > limit) entries.shift();
}

// Apollo's resolver map is typed by `any` where ours states each source, hence the one cast.
function buildSchema<Context>({ typeDefs, resolvers }: SubgraphDefinition<Context>): GraphQLSchema {
  type Modules = Extract<Parameters<typeof buildSubgraphSchema>[0], { typeDefs: unknown }>;
  return buildSubgraphSchema({
    typeDefs: parse(typeDefs),
    resolvers: resolvers as NonNullable<Modules['resolvers']>,
  });
}

async function handleGraphQL<Context>(
  listener: Listener<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') throw new RefusedRequest(405, 'GraphQL is served by POST');
  const body = await readBody(request);
  const { headers, url: target = '' } = request;
  const disbelief = listener.verify?.({ method: 'POST', target, headers, body }) ?? null;
  if (disbelief !== null) throw new RefusedRequest(401, disbelief);
  const operation = toGraphQLRequest(parseJson(body));
  listener.record({ ...operation, headers });
  const answer = () => listener.execute(operation, listener.openContext(request));
  const disturbance = listener.chaos?.disturbRequest();
  if (disturbance && (await answerDisturbed(response, disturbance, answer))) return;
  const { status, body: result } = await answer();
  sendJson(response, status, JSON.stringify(result));
}

// Without the switch the path must look as if it never existed, to scanners too.
async function handleChaos(
  chaos: Chaos | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!chaos) throw new RefusedRequest(404, 'not found');
  if (request.method === 'POST') chaos.set(parseJson(await readBody(request)));
  else if (request.method === 'DELETE') chaos.set(null);
  else if (request.method !== 'GET') throw new RefusedRequest(405, 'use GET, POST or DELETE');
  // For terminals, where the answers would run together.
  sendJson(response, 200, `${JSON.stringify({ chaos: chaos.show() })}\n`);
}

async function route<Context>(
  listener: Listener<Context>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path === '/graphql') return handleGraphQL(listener, request, response);
  if (path === '/chaos') return handleChaos(listener.chaos, request, response);
  if (path !== '/health') throw new RefusedRequest(404, 'not found');
  sendJson(response, 200, '{"status":"ok"}');
}

function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const refused =
    error instanceof RefusedRequest ? error : new RefusedRequest(500, 'something went wrong here');
  // The rest of a body that was refused would be read as the next request.
  response.setHeader('connection', 'close');
  sendJson(response, refused.status, refusalBody(refused.message));
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Builds the schema, makes fresh data and listens. Dispose of it to close every connection. */
export async function serveSubgraph<Context>(
  definition: SubgraphDefinition<Context>,
  options: ServeOptions = {},
): Promise<RunningSubgraph> {
  const { host = '127.0.0.1', now = Date.now } = options;
  const schema = buildSchema(definition);
  const chaos = options.chaos ? createChaos({ coordinates: fieldCoordinates(schema), now }) : null;
  if (chaos) disturbFields(schema, chaos);

  const operations: ReceivedOperation[] = [];
  const batches: { loader: string; size: number }[] = [];
  let requests = 0;
  const observe: BatchObserver = (loader, size) => keep(batches, { loader, size }, MOST_BATCHES);
  const createContext = definition.open(now);
  const listener: Listener<Context> = {
    execute: createRequestExecutor(schema),
    openContext: request => createContext({ caller: callerOf(request.headers), observe }),
    chaos,
    verify: options.verify,
    record(operation) {
      requests += 1;
      keep(operations, operation, MOST_OPERATIONS);
    },
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    route(listener, request, response).catch(error => sendFailure(response, error));
  });
  const port = await listen(server, options.port ?? definition.port, host);
  return {
    name: definition.name,
    url: `http://${host}:${port}/graphql`,
    port,
    get requests() {
      return requests;
    },
    lastOperations: operations,
    batches,
    setChaos(input) {
      if (!chaos) throw new Error('start the subgraph with chaos: true to break it');
      chaos.set(input);
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      chaos?.set(null);
      server.closeAllConnections();
      await closed;
    },
  };
}
