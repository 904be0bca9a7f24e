/**
 * The four subgraphs in one process: `node subgraphs/server.mjs [port]`, each at `/<name>`.
 *
 * Answers are real GraphQL execution, kept by the bytes of the request's body: the subgraphs must never be
 * what a gateway waits for, and the gateways repeat themselves. `GET /counts` tells how many requests each
 * subgraph has had, `POST /reset` sets the counts to zero.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, validate } from 'graphql';
import { resolvers } from './resolvers.mjs';

const MAX_CACHED_ANSWERS = 20_000;
const MAX_CACHED_BODY_BYTES = 64 * 1024;

const subgraphs = new Map(Object.keys(resolvers).map(name => [`/${name}`, createSubgraph(name)]));

/** @param {string} name */
function createSubgraph(name) {
  const sdl = readFileSync(new URL(`./schemas/${name}.graphql`, import.meta.url), 'utf8');
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers[name] });
  return { name, schema, answers: new Map(), requests: 0, executed: 0 };
}

/** Executes one GraphQL request `{query, variables, operationName}` without any caching. */
async function answerOne(schema, { query, variables, operationName }) {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return { errors };
    return await execute({ schema, document, variableValues: variables, operationName });
  } catch (error) {
    return { errors: [{ message: String(error.message) }] };
  }
}

/** @returns {Promise<Buffer>} the JSON text that answers a body, which may be one request or a batch of them */
async function answerBody(subgraph, body) {
  const key = body.toString('latin1');
  const known = subgraph.answers.get(key);
  if (known) return known;

  subgraph.executed++;
  const params = JSON.parse(body.toString('utf8'));
  const result = Array.isArray(params)
    ? await Promise.all(params.map(one => answerOne(subgraph.schema, one)))
    : await answerOne(subgraph.schema, params);
  const answer = Buffer.from(JSON.stringify(result));
  if (body.length <= MAX_CACHED_BODY_BYTES) {
    if (subgraph.answers.size >= MAX_CACHED_ANSWERS) subgraph.answers.clear();
    subgraph.answers.set(key, answer);
  }
  return answer;
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function counts() {
  const all = [...subgraphs.values()];
  const entries = all.map(({ name, requests }) => [name, requests]);
  const executed = all.reduce((sum, subgraph) => sum + subgraph.executed, 0);
  return { requests: Object.fromEntries(entries), total: all.reduce((n, s) => n + s.requests, 0), executed };
}

function resetCounts() {
  for (const subgraph of subgraphs.values()) {
    subgraph.requests = 0;
    subgraph.executed = 0;
  }
}

function serveControl(request, response) {
  if (request.url === '/reset' && request.method === 'POST') resetCounts();
  else if (request.url !== '/counts') return send(response, 404, Buffer.from('{}'));
  return send(response, 200, Buffer.from(JSON.stringify(counts())));
}

async function serveSubgraph(subgraph, body, response) {
  subgraph.requests++;
  try {
    send(response, 200, await answerBody(subgraph, body));
  } catch (error) {
    send(response, 400, Buffer.from(JSON.stringify({ errors: [{ message: String(error.message) }] })));
  }
}

const server = createServer((request, response) => {
  const subgraph = subgraphs.get(request.url);
  if (!subgraph) return serveControl(request, response);
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () =>
    serveSubgraph(subgraph, parts.length === 1 ? parts[0] : Buffer.concat(parts), response),
  );
});

// Gateways keep their connections: one closed by us while idle would look like a gateway's failure.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(Number(process.argv[2] ?? 4200), '127.0.0.1', () => {
  console.log(`subgraphs at http://127.0.0.1:${server.address().port}`);
});
