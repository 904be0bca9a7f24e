import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Differential, monolith, sortedJson, startDifferential } from '../support/differential.ts';
import { generateOperations } from '../support/generate-operations.ts';

const SEEDS = [7, 8, 9];
const OPERATIONS_PER_SEED = 60;

/** What each subgraph has been asked for by the operation at hand, as the words of its requests. */
const wordsOf = new Map<string, Set<string>>();
let isGreedy = false;
let added = 0;
const proxies: Server[] = [];

/** Stands before a subgraph, and adds to each object of its answers what the other subgraphs are asked for. */
async function greedy(url: string): Promise<string> {
  const proxy = createServer(async (request, response) => {
    const body = await text(request);
    const own = wordsOf.get(url) ?? new Set();
    wordsOf.set(url, own);
    for (const [word] of (JSON.parse(body) as { query: string }).query.matchAll(/\w+/g)) own.add(word);
    const {
      connection: _c,
      host: _h,
      'content-length': _l,
      'transfer-encoding': _t,
      ...headers
    } = request.headers;
    const reply = await fetch(url, { method: 'POST', headers: headers as Record<string, string>, body });
    const answer = (await reply.json()) as { data?: unknown };
    const others = [...wordsOf.values()].flatMap(words =>
      [...words].filter(word => !own.has(word) && word !== '__typename'),
    );
    if (isGreedy) addTo(answer.data, [...others, 'toString', '__proto__']);
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  proxies.push(proxy);
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/graphql`;
}

function addTo(value: unknown, words: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const below of Object.values(value)) addTo(below, words);
  if (Array.isArray(value)) return;
  const forged = { enumerable: true, value: 'forged' };
  for (const word of words) if (!Object.hasOwn(value, word)) Object.defineProperty(value, word, forged);
  added += words.length;
}

let differential: Differential;

beforeAll(async () => {
  differential = await startDifferential({}, greedy);
});

afterAll(async () => {
  await differential[Symbol.asyncDispose]();
  for (const proxy of proxies) {
    proxy.closeAllConnections();
    proxy.close();
  }
});

describe.each(SEEDS)('operations of seed %i', seed => {
  const operations = generateOperations(monolith.schema, { seed, count: OPERATIONS_PER_SEED, maxDepth: 5 });

  test('are answered the same when every subgraph adds what it was not asked for', async () => {
    for (const operation of operations) {
      const expected = sortedJson(JSON.stringify(await monolith.execute(operation)));
      for (const [planner, gateway] of differential.gateways) {
        wordsOf.clear();
        isGreedy = false;
        await differential.answerOf(gateway, operation);
        isGreedy = true;
        const answer = sortedJson(await differential.answerOf(gateway, operation));
        if (answer !== expected) expect.soft(answer, `${planner}\n${operation.query}`).toBe(expected);
      }
    }
    expect(added).toBeGreaterThan(10_000);
  });
});
