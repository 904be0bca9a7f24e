/**
 * The load generator, a process of its own: `node load/main.mjs '<json>'` prints one line of JSON.
 *
 * Input: `{port, body, expected, connections, authorization?, distinctAuthorization?, warmupMs, measureMs, requests?,
 * gatewayPid?, subgraphs?: {port, pid}}`; `expected` is the path of the expected answer.
 */
import { readFileSync } from 'node:fs';
import { treeCpuMs, treeRssMiB } from '../lib/proc-stat.mjs';
import { LoadClient } from './client.mjs';
import { Verifier } from './verifier.mjs';

const input = JSON.parse(process.argv[2]);
const verifier = new Verifier(JSON.parse(readFileSync(input.expected, 'utf8')));
const client = new LoadClient(input, verifier);

async function subgraphRequests(port) {
  const response = await fetch(`http://127.0.0.1:${port}/counts`);
  return (await response.json()).total;
}

/** What has been used so far; read when no request is under way. */
async function usage() {
  const { gatewayPid, subgraphs } = input;
  const own = process.cpuUsage();
  return {
    gatewayCpuMs: gatewayPid ? treeCpuMs(gatewayPid) : 0,
    helperCpuMs: (own.user + own.system) / 1000 + (subgraphs ? treeCpuMs(subgraphs.pid) : 0),
    subgraphRequests: subgraphs ? await subgraphRequests(subgraphs.port) : 0,
  };
}

/** @returns {Promise<object>} the measured phase, after a warm-up whose every answer is verified as well */
async function run() {
  if (input.warmupMs > 0) await client.phase({ ms: input.warmupMs });
  if (verifier.wrong > 0) return { refused: verifier.firstWrong };

  const before = await usage();
  const measured = await client.phase({ ms: input.measureMs, requests: input.requests });
  const rssMiB = input.gatewayPid ? treeRssMiB(input.gatewayPid) : 0;
  const after = await usage();
  if (verifier.wrong > 0) return { refused: verifier.firstWrong };
  return {
    ...measured,
    cpuMsPerRequest: (after.gatewayCpuMs - before.gatewayCpuMs) / measured.requests,
    gatewayBusy: (after.gatewayCpuMs - before.gatewayCpuMs) / 1000 / measured.seconds,
    helpersBusy: (after.helperCpuMs - before.helperCpuMs) / 1000 / measured.seconds,
    subgraphRequestsPerRequest: (after.subgraphRequests - before.subgraphRequests) / measured.requests,
    rssMiB,
    parsedBodies: verifier.parsedBodies,
  };
}

try {
  console.log(JSON.stringify(await run()));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message }));
} finally {
  client.close();
}
