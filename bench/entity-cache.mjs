/**
 * What the entity cache takes off subgraphs: `node bench/entity-cache.mjs` after `npm run build` asks a gateway for lists
 * of 100 entities of which 90 were asked for before, with the cache and without it, and prints the bytes that the entities'
 * subgraph sends and the CPU time of gateway and subgraphs, which are in one process, for each request. Exit code 1 if the
 * bytes are not cut by the target.
 */
import { createServer } from 'node:http';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { gatewayConfig } from '../dist/src/config/gateway-config.js';
import { createGateway } from '../dist/src/gateway.js';
import { systemClock } from '../dist/src/shared/clock.js';
import { staticSupergraph } from '../dist/src/supergraph/static-supergraph.js';
import { createLogger } from '../dist/src/telemetry/logger.js';
import { createMetrics } from '../dist/src/telemetry/metrics.js';

const TARGET = 0.85;
const ENTITIES = 100;
const HITS = 90;
const REQUESTS = 1_500;

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`;
const TYPES = {
  lists: `${LINK} type Query { items(from: [ID!]!): [Item!]! } type Item @key(fields: "id") { id: ID! }`,
  items: `${LINK} type Item @key(fields: "id") { id: ID! name: String text: String size: Int labels: [String!] }`,
};
const QUERY = 'query ($from: [ID!]!) { items(from: $from) { id name text size labels } }';

const item = id => ({
  __typename: 'Item',
  name: `Item ${id}`,
  text: `What there is to say of ${id}. `.repeat(6),
  size: Number(id),
  labels: ['new', 'light', `batch ${id}`],
});

const ANSWERS = {
  lists: ({ from }) => ({ items: from.map(id => ({ __typename: 'Item', id })) }),
  items: ({ representations }) => ({ _entities: representations.map(({ id }) => item(id)) }),
};

async function startSubgraph(name) {
  const sent = { bytes: 0 };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { variables } = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify({ data: ANSWERS[name](variables) });
    sent.bytes += Buffer.byteLength(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { sent, server, url: `http://127.0.0.1:${server.address().port}/` };
}

async function measure(config) {
  const running = await Promise.all(Object.keys(TYPES).map(async name => [name, await startSubgraph(name)]));
  const subgraphs = Object.fromEntries(running);
  const { supergraphSdl, errors } = composeServices(
    running.map(([name, { url }]) => ({ name, url, typeDefs: parse(TYPES[name]) })),
  );
  if (errors?.length > 0) throw new AggregateError(errors);
  const gateway = await createGateway({
    config: gatewayConfig.parse(config),
    folder: process.cwd(),
    manager: staticSupergraph(supergraphSdl),
    logger: createLogger('silent'),
    metrics: createMetrics(),
    clock: systemClock,
  });
  const ask = async from => {
    const request = new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: QUERY, variables: { from } }),
    });
    const { data } = await (await gateway.handle(request)).json();
    if (data.items.some(({ id, size }) => Number(id) !== size)) throw new Error('an answer is wrong');
  };
  const known = Array.from({ length: HITS }, (_, index) => String(index));
  let next = HITS;
  const withNew = () => [...known, ...Array.from({ length: ENTITIES - HITS }, () => String(next++))];
  for (let warm = 0; warm < 50; warm++) await ask(withNew());
  subgraphs.items.sent.bytes = 0;
  const before = process.cpuUsage();
  for (let request = 0; request < REQUESTS; request++) await ask(withNew());
  const { user, system } = process.cpuUsage(before);
  await gateway.close();
  for (const { server } of Object.values(subgraphs)) server.close();
  return {
    bytes: Math.round(subgraphs.items.sent.bytes / REQUESTS),
    cpuMs: ((user + system) / 1_000 / REQUESTS).toFixed(2),
  };
}

// Whoever comes first pays for compiling what all of them use.
await measure({});
const without = await measure({});
const cached = await measure({
  cache: {
    responses: { enabled: false },
    fields: { Item: { maxAge: '1h' }, 'Query.items': { maxAge: '0s' } },
  },
});
const cut = 1 - cached.bytes / without.bytes;
console.log(`without: ${without.bytes} bytes, ${without.cpuMs} ms CPU for each request`);
console.log(
  `with ${HITS} of ${ENTITIES} kept: ${cached.bytes} bytes, ${cached.cpuMs} ms CPU for each request`,
);
console.log(`bytes cut by ${(cut * 100).toFixed(1)} % (target: ${TARGET * 100} %)`);
process.exitCode = cut >= TARGET ? 0 : 1;
