/** @returns {Promise<(name: string, labels?: Record<string, string>) => number>} sums over what has these labels */
export async function readCounters(adminPort) {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const samples = text.split('\n').flatMap(line => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels, value: Number(value) }];
  });
  return (name, labels = {}) => {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return samples
      .filter(sample => sample.name === name && wanted.every(text => sample.labels.includes(text)))
      .reduce((sum, { value }) => sum + value, 0);
  };
}

/** What stood between the gateway and its subgraphs, one line each. */
export function resilienceLines(count) {
  const hedged = outcome => count('weir_subgraph_hedges_total', { outcome });
  const kept = outcome => count('weir_cache_entities_total', { outcome });
  const requests = count('http_client_request_duration_seconds_count');
  const failed = requests - count('http_client_request_duration_seconds_count', { outcome: 'ok' });
  return [
    `to subgraphs: ${requests} requests, ${failed} of them failed; ${count('weir_shared_fetches_total')} joined another`,
    `sent again: ${count('weir_subgraph_retries_total')}`,
    `sent twice: ${hedged('won') + hedged('lost')}, the second answered first: ${hedged('won')}`,
    `not sent, too many in flight: ${count('weir_subgraph_shed_total')}`,
    `refused, too much to do: ${count('weir_overload_shed_total')}`,
    `refused by a rate limit: ${count('weir_rate_limited_total')}`,
    `breakers opened: ${count('weir_breaker_transitions_total', { to: 'open' })}, fields cut: ${count('weir_breaker_cuts_total')}`,
    `fallbacks: ${count('weir_fallbacks_total')}`,
    `targets taken out: ${count('weir_target_ejections_total')}`,
    `entities kept: ${kept('hit')} hits, ${kept('stale')} stale, ${kept('miss')} misses`,
  ];
}
