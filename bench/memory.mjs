/**
 * Is a gateway's memory bounded when no operation comes twice? `npm run memory -- [--gateway weir]
 * [--operations 100000]` prints the resident memory idle and after every tenth of the operations.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gateways } from './gateways/index.mjs';
import { preparePlace, startGateway } from './lib/bench-place.mjs';
import { treeRssMiB } from './lib/proc-stat.mjs';
import { stopAll } from './lib/process.mjs';

const IDLE_TARGET_MIB = 160;
const CONNECTIONS = 20;
const READINGS = 10;
const SETTLE_MS = 3000;
const MAX_MS = 10 * 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** The nth of as many different operations as wanted: two fields, told apart by name and alias. */
function operation(n) {
  return {
    body: JSON.stringify({ query: `query Q${n} { me { id a${n}: username } }` }),
    expected: JSON.stringify({ data: { me: { id: '1', [`a${n}`]: 'urigo' } } }),
  };
}

/** @returns {Promise<string>} the answer's text */
function post(port, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(
      { agent, port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers },
      response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', part => {
          text += part;
        });
        response.on('end', () => resolve(text));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function askOnce(port, n) {
  const { body, expected } = operation(n);
  const answer = await post(port, body);
  // A gateway may put its own spaces or extensions: only the data counts.
  if (JSON.stringify({ data: JSON.parse(answer).data }) !== expected)
    throw new Error(`REFUSED: ${answer.slice(0, 300)}`);
}

/** Sends the operations from `from` up to `to`, each once. */
async function askAll(port, { from, to }) {
  let next = from;
  const worker = async () => {
    while (next < to) await askOnce(port, next++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function readCurve({ pid, port }, operations) {
  await sleep(SETTLE_MS);
  const idle = treeRssMiB(pid);
  console.log(
    `idle: ${idle.toFixed(1)} MiB (target <= ${IDLE_TARGET_MIB}: ${idle <= IDLE_TARGET_MIB ? 'met' : 'MISSED'})`,
  );
  const startedAt = Date.now();
  const step = Math.ceil(operations / READINGS);
  for (let from = 0; from < operations && Date.now() - startedAt < MAX_MS; from += step) {
    const to = Math.min(operations, from + step);
    await askAll(port, { from, to });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
    console.log(`after ${to} distinct operations: ${treeRssMiB(pid).toFixed(1)} MiB (${seconds} s)`);
  }
  await sleep(SETTLE_MS);
  console.log(`idle again: ${treeRssMiB(pid).toFixed(1)} MiB`);
  if (idle > IDLE_TARGET_MIB) process.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    gateway: { type: 'string', default: 'weir' },
    operations: { type: 'string', default: '100000' },
  },
});
const gateway = gateways[values.gateway];
const missing = gateway ? gateway.missing() : `there is no ${values.gateway}`;
if (missing) throw new Error(missing);

const place = await preparePlace();
try {
  await readCurve(await startGateway(gateway, place), Number(values.operations));
} finally {
  agent.destroy();
  await stopAll();
  place.remove();
}
