/**
 * Gateways side by side: `npm run bench -- --gateways weir,grafbase --workloads a,b --seconds 8 --rounds 3`.
 * README.md says what is measured and how.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gateways } from './gateways/index.mjs';
import { preparePlace, startGateway } from './lib/bench-place.mjs';
import { HELPER_CORE, runPinned, stop, stopAll } from './lib/process.mjs';
import { render, summarize } from './lib/report.mjs';
import { workloads } from './workloads.mjs';

const SUBJECT = 'weir';
const MAX_SECONDS = 30;
const MAX_ROUNDS = 9;
// A cold process needs longer before its code is compiled than one that only sat idle while others had their turn.
const FIRST_WARMUP_MS = 4000;
const LATER_WARMUP_MS = 1000;

const loadMain = fileURLToPath(new URL('./load/main.mjs', import.meta.url));
const resultsDir = fileURLToPath(new URL('./results/', import.meta.url));

function readOptions() {
  const { values } = parseArgs({
    options: {
      gateways: { type: 'string', default: Object.keys(gateways).join() },
      workloads: { type: 'string', default: Object.keys(workloads).join() },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const listed = (text, known) => {
    const names = text.split(',').filter(Boolean);
    const stranger = names.find(name => !Object.hasOwn(known, name));
    if (stranger) throw new Error(`unknown: ${stranger} (there are: ${Object.keys(known).join(', ')})`);
    return names;
  };
  const bounded = (text, max) => {
    const number = Number(text);
    if (!(number > 0 && number <= max)) throw new Error(`${text} is not in (0, ${max}]`);
    return number;
  };
  return {
    gateways: listed(values.gateways, gateways),
    workloads: listed(values.workloads, workloads),
    seconds: bounded(values.seconds, MAX_SECONDS),
    rounds: Math.ceil(bounded(values.rounds, MAX_ROUNDS)),
  };
}

/** Starts what is there to be started. They all stay up, so that each round meets warm processes. */
async function startGateways(names, place) {
  const started = new Map();
  for (const name of names) {
    const gateway = gateways[name];
    const missing = gateway.missing();
    if (missing) {
      console.log(`${name}: left out, ${missing}`);
      continue;
    }
    try {
      started.set(name, await startGateway(gateway, place));
      console.log(`${name}: ${gateway.title} ${gateway.version()}`);
    } catch (error) {
      console.log(`${name}: left out, ${error.message}`);
    }
  }
  return started;
}

/** One cell: one gateway under one workload, in a fresh load generator. */
async function measure(running, { workload, expected, warmupMs, measureMs, place }) {
  const { query, ...options } = workloads[workload];
  const input = {
    ...options,
    ...(expected === undefined ? {} : { expected }),
    authorization: running.authorization,
    body: JSON.stringify({ query }),
    port: running.port,
    gatewayPid: running.pid,
    subgraphs: place.subgraphs,
    warmupMs,
    measureMs,
  };
  const printed = await runPinned(
    { command: process.execPath, args: [loadMain, JSON.stringify(input)] },
    HELPER_CORE,
  );
  return JSON.parse(printed);
}

/** Rounds interleave the gateways, so that a disturbance of the machine meets all of them. */
async function measureAll(started, options, place) {
  const samples = [];
  for (const workload of options.workloads) {
    for (let round = 1; round <= options.rounds; round++) {
      for (const [gateway, running] of started) {
        const { workloads: own = [workload], expected } = gateways[gateway];
        if (!own.includes(workload)) continue;
        const warmupMs = round === 1 ? FIRST_WARMUP_MS : LATER_WARMUP_MS;
        const result = await measure(running, {
          workload,
          expected,
          warmupMs,
          measureMs: options.seconds * 1000,
          place,
        });
        samples.push({ gateway, workload, round, ...result });
        const brief = result.refused
          ? `REFUSED: ${result.refused}`
          : `${result.rps.toFixed(0)} requests/s, ${result.cpuMsPerRequest.toFixed(3)} CPU ms/request`;
        console.log(`${workload} round ${round} ${gateway}: ${brief}`);
      }
    }
  }
  return samples;
}

function save(report) {
  mkdirSync(resultsDir, { recursive: true });
  const file = `${resultsDir}${report.at.replaceAll(':', '-')}.json`;
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  return file;
}

async function main() {
  const options = readOptions();
  const place = await preparePlace();
  try {
    const started = await startGateways(options.gateways, place);
    const samples = await measureAll(started, options, place);
    const summary = summarize(samples);
    const versions = Object.fromEntries([...started.keys()].map(name => [name, gateways[name].version()]));
    const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version };
    console.log(render(summary, { workloads, gateways, subject: SUBJECT }));
    const file = save({ at: new Date().toISOString(), machine, options, versions, summary, samples });
    console.log(`\nsaved in ${file}`);
    for (const running of started.values()) await stop(running);
    if (summary.some(cell => cell.refused)) process.exitCode = 1;
  } finally {
    await stopAll();
    place.remove();
  }
}

await main();
