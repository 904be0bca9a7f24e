/**
 * Does the gateway stay up while its subgraphs do not? `node soak.mjs [--minutes 10] [--rate 200]` serves the example
 * with all that there is against failing subgraphs, sends operations at a steady rate, lets a random fault befall a
 * random server of a subgraph every few seconds, and reports requests, codes, latency and memory for each half minute,
 * and at the end how often what came to help. It ends by itself;
 * exit code 1 when a promise is broken: an answer that never came, one that is no GraphQL, a healthy field that failed,
 * memory that grew, or a gateway that is not well again afterwards.
 */
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readCounters, resilienceLines } from './lib/counters.mjs';
import { watchHeldMemory } from './lib/held-memory.mjs';
import { treeRssMiB } from './lib/proc-stat.mjs';
import { stopAll } from './lib/process.mjs';
import { DEADLINE_MS, startSoakExample } from './lib/soak-example.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});

/** Longer than any deadline: an answer that takes so long never comes. */
const LOST_AFTER_MS = 10_000;
const REPORT_MS = 30_000;
/** Nobody is broken at the end of it: what is measured then must be as it was before. */
const RECOVERY_MS = 20_000;
/** What is held may grow from the second quarter to the last: caches fill on the way. */
const MAX_GROWTH = 1.2;

/** Each with the fields that need no other subgraph than the one named. */
const OPERATIONS = [
  { query: '{ users(first: 3) { nodes { id name } } }', needs: ['users'] },
  { query: '{ products(first: 5) { id name price } }', needs: ['products'] },
  {
    query: '{ users(first: 2) { nodes { name orders(first: 2) { total } reviews(first: 1) { text } } } }',
    needs: ['users', 'orders', 'products'],
    healthy: ({ data }) => data?.users?.nodes?.every(({ name }) => typeof name === 'string') === true,
    healthyWith: 'users',
  },
  {
    query: 'query($id: ID!) { user(id: $id) { name wishlist(first: 3) { name averageRating } } }',
    needs: ['users', 'products'],
  },
];

const FAULTS = [
  { hang: true },
  { status: 503 },
  { status: 500 },
  { status: 429 },
  { garbage: true },
  { truncated: true },
  { reset: true },
  { wrongShape: true },
  { latency: 1500 },
  { latency: 300 },
  { errorRate: 0.5 },
];

/** Of one field, at the subgraph that has it. */
const FIELD_FAULTS = {
  users: [{ field: 'User.name', latency: 300 }],
  orders: [{ field: 'Order.total', errorRate: 1 }],
  products: [{ field: 'Product.averageRating', errorRate: 1 }],
};

/** The same faults in the same order for the same seed (mulberry32). */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: 500 });

function post(port, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(
      { agent, port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers },
      response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', part => (text += part));
        response.on('end', () => resolve({ text, cache: response.headers['x-cache'] ?? 'none' }));
        response.on('error', reject);
      },
    );
    sent.setTimeout(LOST_AFTER_MS, () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(body);
  });
}

function chaos(port, method, body) {
  return fetch(`http://127.0.0.1:${port}/chaos`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

class Tally {
  requests = 0;
  codes = new Map();
  /** By what `x-cache` said. */
  cache = new Map();
  latencies = [];
  broken = [];

  count(code) {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
  }

  answered(tookMs, cache) {
    this.requests++;
    this.latencies.push(tookMs);
    this.cache.set(cache, (this.cache.get(cache) ?? 0) + 1);
  }

  line(title, rss) {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    const codes = [...this.codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, n]) => `${code} ${n}`);
    const p = [0.5, 0.99, 1].map(share => quantile(sorted, share).toFixed(0)).join(' / ');
    return `${title}: ${this.requests} requests, ms p50 / p99 / most ${p}, ${rss.toFixed(0)} MiB; ${codes.join(', ')}`;
  }
}

async function askOnce({ port, excusedUntil }, random, tallies) {
  const operation = OPERATIONS[Math.floor(random() * OPERATIONS.length)];
  const variables = { id: `u-${1 + Math.floor(random() * 500)}` };
  const excused = name => performance.now() < (excusedUntil.get(name) ?? 0);
  const wasExcused = excused(operation.healthyWith);
  const startedAt = performance.now();
  let answer;
  let cache;
  try {
    const reply = await post(port, JSON.stringify({ query: operation.query, variables }));
    answer = JSON.parse(reply.text);
    cache = reply.cache;
  } catch (error) {
    for (const tally of tallies) tally.broken.push(`${error.message}: ${operation.query}`);
    return;
  }
  const tookMs = performance.now() - startedAt;
  // A fault that came or went meanwhile excuses what it hit; who is turned away at the door is told so.
  const isShed = (answer.errors ?? []).some(({ extensions }) => extensions?.code === 'OVERLOADED');
  const isCalm = !wasExcused && !excused(operation.healthyWith) && !isShed;
  for (const tally of tallies) {
    tally.answered(tookMs, cache);
    if (answer.errors === undefined) tally.count('ok');
    for (const { extensions } of answer.errors ?? []) tally.count(extensions?.code ?? 'no code');
    if (tookMs > DEADLINE_MS * 1.5) tally.broken.push(`${tookMs.toFixed(0)} ms: ${operation.query}`);
    if (operation.healthy !== undefined && isCalm && !operation.healthy(answer))
      tally.broken.push(`a healthy field failed: ${JSON.stringify(answer).slice(0, 300)}`);
  }
}

/** Breakers that a fault has opened may stay open a little longer than the fault. */
const AFTERMATH_MS = 5_000;

async function makeTrouble({ servers, excusedUntil, until }, random) {
  while (performance.now() < until) {
    const { subgraph, port } = servers[Math.floor(random() * servers.length)];
    const faults = [...FAULTS, ...FIELD_FAULTS[subgraph]];
    const fault = faults[Math.floor(random() * faults.length)];
    excusedUntil.set(subgraph, Number.POSITIVE_INFINITY);
    await chaos(port, 'POST', fault);
    await sleep(1_000 + random() * 7_000);
    await chaos(port, 'DELETE');
    excusedUntil.set(subgraph, performance.now() + AFTERMATH_MS);
    await sleep(AFTERMATH_MS * random());
  }
}

async function soak(example) {
  const random = seeded(Number(values.seed));
  const startedAt = performance.now();
  const totalMs = Number(values.minutes) * 60_000;
  const place = { ...example, excusedUntil: new Map(), until: startedAt + totalMs - RECOVERY_MS };
  const all = new Tally();
  const trouble = makeTrouble(place, random);
  const held = watchHeldMemory(example.admin);
  const pending = new Set();
  let part = new Tally();
  let reportAt = startedAt + REPORT_MS;
  const gapMs = 1_000 / Number(values.rate);
  for (let due = startedAt; due < startedAt + totalMs; due += gapMs) {
    if (performance.now() < due) await sleep(due - performance.now());
    const asked = askOnce(place, random, [all, part]).finally(() => pending.delete(asked));
    pending.add(asked);
    if (performance.now() < reportAt) continue;
    const rss = treeRssMiB(example.gateway.pid);
    console.log(part.line(`${((reportAt - startedAt) / 60_000).toFixed(1)} min`, rss));
    part = new Tally();
    reportAt += REPORT_MS;
  }
  await Promise.all([...pending, trouble]);
  held.stop();
  return { all, held };
}

async function isWell({ port }) {
  const answers = [];
  for (const { query } of OPERATIONS)
    answers.push(JSON.parse((await post(port, JSON.stringify({ query, variables: { id: 'u-1' } }))).text));
  return answers.every(({ errors }) => errors === undefined);
}

const example = await startSoakExample();
try {
  const { all, held } = await soak(example);
  const [early, late] = [held.least(0.25, 0.5), held.least(0.75, 1)];
  console.log(all.line('all', treeRssMiB(example.gateway.pid)));
  console.log(`  held: ${early.toFixed(0)} MiB in the second quarter, ${late.toFixed(0)} MiB in the last`);
  for (const line of resilienceLines(await readCounters(example.admin))) console.log(`  ${line}`);
  console.log(`  answers by x-cache: ${[...all.cache].map(([said, n]) => `${said} ${n}`).join(', ')}`);
  const problems = [...new Set(all.broken)].slice(0, 10);
  if (late > early * MAX_GROWTH)
    problems.push(`what is held grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);
  if (!(await isWell(example))) problems.push('not well again after the last fault');
  for (const problem of problems) console.log(`BROKEN: ${problem}`);
  console.log(
    problems.length === 0 ? 'every promise was kept' : `${all.broken.length} answers broke a promise`,
  );
  if (problems.length > 0) process.exitCode = 1;
} finally {
  agent.destroy();
  await stopAll();
  rmSync(example.folder, { recursive: true, force: true });
}
