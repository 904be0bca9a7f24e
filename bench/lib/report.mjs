const median = values => {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const MEASURES = [
  'rps',
  'p50',
  'p99',
  'cpuMsPerRequest',
  'rssMiB',
  'subgraphRequestsPerRequest',
  'gatewayBusy',
  'helpersBusy',
];

/** The helpers' core is what limits a cell from about here on: its requests/s say little, its CPU still counts. */
const HELPERS_FULL = 0.9;

/** Significant digits that fit the size of the number. */
const show = value =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value < 0.1 ? 3 : 2);
const percent = value => `${Math.round(value * 100)} %`;

/**
 * Medians over the rounds.
 * @param {{gateway: string, workload: string, refused?: string}[]} samples
 */
export function summarize(samples) {
  const cells = new Map();
  for (const sample of samples) {
    const key = `${sample.workload}\n${sample.gateway}`;
    cells.set(key, [...(cells.get(key) ?? []), sample]);
  }
  return [...cells.values()].map(cell => {
    const { gateway, workload } = cell[0];
    const refused = cell.find(sample => sample.refused)?.refused;
    if (refused) return { gateway, workload, refused };
    const medians = MEASURES.map(measure => [measure, median(cell.map(sample => sample[measure]))]);
    return { gateway, workload, rounds: cell.length, ...Object.fromEntries(medians) };
  });
}

const HEADER = [
  '| gateway | requests/s | p50 ms | p99 ms | CPU ms/request | RSS MiB | subgraph requests/request | busy: gateway, helpers |',
  '|---|---|---|---|---|---|---|---|',
];

function row(cell, title) {
  if (cell.refused) return `| ${title} | REFUSED: ${cell.refused.replaceAll('|', '/').slice(0, 160)} |||||||`;
  const cells = ['rps', 'p50', 'p99', 'cpuMsPerRequest', 'rssMiB', 'subgraphRequestsPerRequest'].map(m =>
    show(cell[m]),
  );
  const full = cell.helpersBusy > HELPERS_FULL ? ' (full)' : '';
  return `| ${title} | ${cells.join(' | ')} | ${percent(cell.gatewayBusy)}, ${percent(cell.helpersBusy)}${full} |`;
}

/** @returns {string[]} how many times the subject's throughput and CPU the others need or reach */
function ratios(cells, subject) {
  const own = cells.find(cell => cell.gateway === subject && !cell.refused);
  if (!own) return [];
  const others = cells.filter(cell => cell !== own && !cell.refused);
  const lines = others.map(other => {
    const faster = show(own.rps / other.rps);
    const cheaper = show(other.cpuMsPerRequest / own.cpuMsPerRequest);
    return `| ${subject} / ${other.gateway} | ${faster} × requests/s | 1/${cheaper} of the CPU per request |`;
  });
  return lines.length === 0 ? [] : ['', '| ratio | throughput | CPU |', '|---|---|---|', ...lines];
}

/**
 * Markdown: one table a workload, and the subject's ratios to the others.
 * @param {object[]} summary of `summarize`
 * @param {{workloads: Record<string, {title: string}>, gateways: Record<string, {title: string}>, subject: string}} names
 */
export function render(summary, { workloads, gateways, subject }) {
  const lines = [];
  for (const workload of new Set(summary.map(cell => cell.workload))) {
    const cells = summary.filter(cell => cell.workload === workload);
    lines.push('', `**${workload}: ${workloads[workload].title}**`, '', ...HEADER);
    lines.push(...cells.map(cell => row(cell, gateways[cell.gateway].title)), ...ratios(cells, subject));
  }
  return lines.join('\n');
}
