/**
 * Several gateways in turns of a few hundred ms, in one process: `node load/paired.mjs '<json>'` prints one line of
 * JSON, the samples. What disturbs the machine for seconds so meets all of them alike, which turns of many seconds
 * do not achieve.
 *
 * Input: `{gateways: [{name, port, pid, expected, authorization?}], body, connections, rounds, requests, warmupMs}`.
 */
import { readFileSync } from 'node:fs';
import { threadsCpuMs } from '../lib/proc-stat.mjs';
import { LoadClient } from './client.mjs';
import { Verifier } from './verifier.mjs';

/** Before each turn, unmeasured: the process was idle while others had theirs. */
const SETTLE_REQUESTS = 300;

const subjects = [];
const { gateways, rounds, requests, warmupMs, ...load } = JSON.parse(process.argv[2]);

/** Warmed up at once: a connection on which nothing is sent is closed by a careful server. */
async function warmUp({ name, pid, expected, port, authorization }) {
  const verifier = new Verifier(JSON.parse(readFileSync(expected, 'utf8')));
  const client = new LoadClient({ ...load, port, authorization }, verifier);
  subjects.push({ name, pid, verifier, client });
  await client.phase({ ms: warmupMs });
}

async function turn({ name, pid, client, verifier }, round) {
  await client.phase({ requests: SETTLE_REQUESTS });
  const before = threadsCpuMs(pid);
  const { rps } = await client.phase({ requests });
  const cpuMsPerRequest = (threadsCpuMs(pid) - before) / requests;
  if (verifier.wrong > 0) throw new Error(`${name}: ${verifier.firstWrong}`);
  return { name, round, rps, cpuMsPerRequest };
}

/** Forwards and backwards in turn, so that none always comes after the same other. */
const orderOf = round => (round % 2 === 0 ? subjects : subjects.toReversed());

const samples = [];
try {
  for (const gateway of gateways) await warmUp(gateway);
  for (let round = 0; round < rounds; round++) {
    for (const subject of orderOf(round)) samples.push(await turn(subject, round));
  }
  console.log(JSON.stringify({ samples }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message }));
} finally {
  for (const { client } of subjects) client.close();
}
