/**
 * Small differences between gateways, of which the first is what the others are compared with:
 * `npm run compare -- --gateways weir,weir-identity --workloads d,e --rounds 60`. README.md says how.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gateways } from './gateways/index.mjs';
import { preparePlace, startGateway } from './lib/bench-place.mjs';
import { HELPER_CORE, runPinned, stopAll } from './lib/process.mjs';
import { workloads } from './workloads.mjs';

const WARMUP_MS = 4000;
/** A turn is some 200 ms: long enough to be more than noise, short enough for its neighbours to meet the same machine. */
const REQUESTS = { 1: 500, 50: 2500 };

const loadMain = fileURLToPath(new URL('./load/paired.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    gateways: { type: 'string', default: 'weir,weir-identity,weir-identity-denied' },
    workloads: { type: 'string', default: 'd,e' },
    rounds: { type: 'string', default: '60' },
  },
});

async function measure(started, workload) {
  const { query, expected, connections } = workloads[workload];
  const input = {
    gateways: started.map(({ name, port, pid, authorization }) => {
      return { name, port, pid, authorization, expected: gateways[name].expected ?? expected };
    }),
    body: JSON.stringify({ query }),
    connections,
    rounds: Number(values.rounds),
    requests: REQUESTS[connections],
    warmupMs: WARMUP_MS,
  };
  const launch = { command: process.execPath, args: [loadMain, JSON.stringify(input)] };
  const { samples, refused } = JSON.parse(await runPinned(launch, HELPER_CORE));
  if (refused) throw new Error(`REFUSED: ${refused}`);
  return samples;
}

const quartiles = numbers => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map(rank => sorted[Math.floor(rank * (sorted.length - 1))]);
};

/** Median of the ratios of each round, with quartiles: `1.07 (1.02 … 1.12)`. */
function ratio(own, first, measure) {
  const [low, middle, high] = quartiles(own.map((sample, i) => sample[measure] / first[i][measure]));
  return `${middle.toFixed(3)} (${low.toFixed(2)} … ${high.toFixed(2)})`;
}

function report(samples, workload) {
  const of = name => samples.filter(sample => sample.name === name).toSorted((a, b) => a.round - b.round);
  const names = [...new Set(samples.map(({ name }) => name))];
  const first = of(names[0]);
  console.log(`\n**${workload}: ${workloads[workload].title}**\n`);
  console.log(
    `| gateway | requests/s | × ${names[0]} | CPU ms/request | × ${names[0]} |\n|---|---|---|---|---|`,
  );
  for (const name of names) {
    const own = of(name);
    const [, rps] = quartiles(own.map(sample => sample.rps));
    const [, cpu] = quartiles(own.map(sample => sample.cpuMsPerRequest));
    const ratios = [ratio(own, first, 'rps'), ratio(own, first, 'cpuMsPerRequest')];
    console.log(`| ${name} | ${rps.toFixed(0)} | ${ratios[0]} | ${cpu.toFixed(4)} | ${ratios[1]} |`);
  }
}

const place = await preparePlace();
try {
  const started = [];
  for (const name of values.gateways.split(',')) {
    const missing = gateways[name].missing();
    if (missing) throw new Error(`${name}: ${missing}`);
    started.push({ name, ...(await startGateway(gateways[name], place)) });
  }
  for (const workload of values.workloads.split(',')) report(await measure(started, workload), workload);
} finally {
  await stopAll();
  place.remove();
}
