/**
 * What circuit breakers take from a fetch while all is well: `node bench/breakers.mjs` after `npm run build` prints
 * nanoseconds for each guarded field of a fetch and the bytes that it allocates. Exit code 1 if the target is missed.
 */
import { GraphQLString } from 'graphql';
import { breakersConfig } from '../dist/src/config/breakers.js';
import { Breaker } from '../dist/src/execution/breaker/breaker.js';
import { FetchGuard } from '../dist/src/execution/guard/fetch-guard.js';
import { compileFitsType } from '../dist/src/execution/guard/fits-type.js';

const TARGET_NS = 1_000;
const RUNS = 200;
const FETCHES = 20_000;

function guardOf(fields, settings) {
  const guarded = Array.from({ length: fields }, (_, index) => ({
    coordinate: `Type.field${index}`,
    breaker: new Breaker({
      subgraph: 'products',
      coordinate: `Type.field${index}`,
      settings: breakersConfig.parse({ default: settings }).default,
      random: Math.random,
      onTransition() {
        throw new Error('a breaker opened');
      },
    }),
    fallback: null,
    alias: null,
    path: [`field${index}`],
    entityType: null,
    fits: compileFitsType(GraphQLString),
  }));
  return new FetchGuard(guarded, { now: () => Date.now(), elapsed: () => performance.now() });
}

/** All that a fetch does with its breakers. */
function pass(guard, answer) {
  const passage = guard.enter();
  const startedAt = guard.begin();
  guard.ended(passage, startedAt, guard.judgeRoot(answer));
}

function measure(fields, settings) {
  const guard = guardOf(fields, settings);
  const names = Array.from({ length: fields }, (_, index) => `field${index}`);
  const answer = { data: Object.fromEntries(names.map(name => [name, 'text'])), errors: [] };
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAt = process.hrtime.bigint();
    for (let fetch = 0; fetch < FETCHES; fetch++) pass(guard, answer);
    times.push(Number(process.hrtime.bigint() - startedAt) / FETCHES / fields);
  }
  const before = process.memoryUsage().heapUsed;
  for (let fetch = 0; fetch < FETCHES; fetch++) pass(guard, answer);
  const bytes = (process.memoryUsage().heapUsed - before) / FETCHES;
  return { ns: times.toSorted((a, b) => a - b)[RUNS >> 1], bytes };
}

let isMissed = false;
for (const [title, settings] of [
  ['time window', { slowCall: '1s' }],
  ['window of 100 calls', { window: '100 calls' }],
]) {
  for (const fields of [1, 5, 50]) {
    const { ns, bytes } = measure(fields, settings);
    isMissed ||= ns > TARGET_NS;
    console.log(`${title}, ${fields} fields: ${ns.toFixed(0)} ns a field, ${bytes.toFixed(1)} bytes a fetch`);
  }
}
console.log(`target: ${TARGET_NS} ns a field: ${isMissed ? 'MISSED' : 'met'}`);
if (isMissed) process.exitCode = 1;
