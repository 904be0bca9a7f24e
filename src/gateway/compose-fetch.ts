import { type SubgraphConfig, subgraphConfig } from '../config/execution.ts';
import { awaitTurn } from '../execution/fetch/await-turn.ts';
import { CallBudget } from '../execution/fetch/call-budget.ts';
import { ConcurrencyLimit, limitConcurrency } from '../execution/fetch/concurrency.ts';
import { hedgeFetches } from '../execution/fetch/hedge.ts';
import { logFailures } from '../execution/fetch/log.ts';
import { measureFetches } from '../execution/fetch/measure.ts';
import { recordFetches } from '../execution/fetch/record.ts';
import { retryFetches } from '../execution/fetch/retry.ts';
import { shareInFlight } from '../execution/fetch/share.ts';
import type { SubgraphFetch } from '../execution/fetch/subgraph-fetch.ts';
import { chooseTargets } from '../execution/fetch/targets/choose-targets.ts';
import { tellReplies } from '../execution/fetch/tell-replies.ts';
import { traceFetches } from '../execution/fetch/trace.ts';
import type { SubgraphEndpoint, Transport } from '../execution/fetch/transport.ts';
import { reachVariants } from '../execution/fetch/variants/reach-variants.ts';
import type { VariantTrials } from '../execution/fetch/variants/variant-trials.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { GatewayOptions } from './options.ts';
import type { SubgraphPlaces } from './subgraph-places.ts';

interface ComposeOptions
  extends Pick<GatewayOptions, 'config' | 'metrics' | 'clock' | 'logger'>,
    Pick<SubgraphPlaces, 'choices' | 'varied'> {
  readonly tracing: Tracing | null;
  readonly subgraphs: readonly string[];
  readonly trials: VariantTrials;
  readonly endpoints: ReadonlyMap<string, SubgraphEndpoint>;
  /** Null: no rule passes headers of replies on. */
  readonly responding: { readonly cookieSubgraphs: ReadonlySet<string> } | null;
}

/** What stands between the engine and the wire, from the wire outwards. */
export function composeFetch(transport: Transport, options: ComposeOptions): SubgraphFetch {
  const { config, metrics, clock, logger, tracing, endpoints, responding } = options;
  const logged = logFailures(transport.fetch, { logger, clock });
  const counted = measureFetches(logged, metrics.fetch, clock);
  const measured = tracing === null ? counted : traceFetches(counted, { tracing, endpoints });
  const shaped = shapeTraffic(choosePlaces(measured, options), options);
  const { fetches } = config.execution.sharing;
  const neverShared = responding?.cookieSubgraphs ?? new Set();
  const shared = fetches
    ? shareInFlight(shaped, { clock, onShared: metrics.fetchShared, neverShared })
    : shaped;
  const recorded = recordFetches(shared, clock);
  const told = responding === null && config.cache === undefined ? recorded : tellReplies(recorded);
  return config.cache === undefined ? told : awaitTurn(told);
}

/** Which of the places of a subgraph is asked, each time anew: what is sent again may do better elsewhere. */
function choosePlaces(
  next: SubgraphFetch,
  { choices, varied, trials, metrics, clock }: ComposeOptions,
): SubgraphFetch {
  let fetch = next;
  if (choices.size > 0) fetch = chooseTargets(fetch, { choices, clock });
  if (varied.size > 0) fetch = reachVariants(fetch, { varied, trials, clock, onEnded: metrics.variantEnded });
  return fetch;
}

/** How much is asked of subgraphs at once, and how often. What no subgraph wants is not composed. */
function shapeTraffic(
  next: SubgraphFetch,
  { config, metrics, clock, subgraphs }: ComposeOptions,
): SubgraphFetch {
  const settings = subgraphs.map(name => [name, subgraphConfig(config.execution, name)] as const);
  const limits = where(settings, ({ concurrency }) => concurrency && new ConcurrencyLimit(concurrency));
  const hedges = where(
    settings,
    ({ hedge }) => hedge && { config: hedge, budget: new CallBudget({ share: hedge.budget, floor: 1 }) },
  );
  const retries = where(
    settings,
    ({ retry }) =>
      retry && { config: retry, budget: new CallBudget({ share: retry.budget, floor: retry.floor }) },
  );
  let fetch = next;
  if (limits.size > 0) fetch = limitConcurrency(fetch, { limits, clock, onShed: metrics.fetchShed });
  if (hedges.size > 0) fetch = hedgeFetches(fetch, { policies: hedges, clock, onHedge: metrics.fetchHedged });
  if (retries.size > 0)
    fetch = retryFetches(fetch, {
      policies: retries,
      clock,
      random: Math.random,
      onRetry: metrics.fetchRetried,
    });
  return fetch;
}

function where<T>(
  settings: readonly (readonly [string, SubgraphConfig])[],
  make: (config: SubgraphConfig) => T | undefined,
): ReadonlyMap<string, T> {
  return new Map(
    settings.flatMap(([name, config]) => {
      const made = make(config);
      return made === undefined ? [] : [[name, made] as const];
    }),
  );
}
