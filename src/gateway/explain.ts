import { OperationTypeNode } from 'graphql';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { FetchRecord } from '../execution/fetch/subgraph-fetch.ts';
import type { Clock } from '../shared/clock.ts';
import { watchCaching } from './explained-caching.ts';
import { type Explanation, explanationOf } from './explanation.ts';
import { type Answered, callsOf, type GatewayCall, type Runs } from './run-operation.ts';

interface Explained extends Answered {
  readonly explanation: Explanation;
}

interface ExplainParts extends Runs {
  readonly config: GatewayConfig;
  readonly clock: Clock;
}

/** Runs a query for its request alone, as of work that is shared only one would be told. */
export async function explain(
  asked: GatewayCall,
  { run, execute, config, clock }: ExplainParts,
): Promise<Explained> {
  const { operation, request, live } = asked;
  const records: FetchRecord[] = [];
  const { plan } = await live.executor.prepare(operation, request.trace.traceparent);
  const isQuery = operation.definition.operation === OperationTypeNode.QUERY;
  const watch = watchCaching(asked, config.cache, () => clock.now());
  const call = { ...asked, records, lookup: watch?.lookup ?? null };
  const answered = await (isQuery ? run(call) : execute({ ...asked, records }));
  const { rendered } = answered;
  const actual = { cost: rendered.cost, calls: callsOf(rendered) };
  const { costParts } = live;
  const spent = request.progress.admission?.spent(actual) ?? null;
  const isPruned = spent?.buckets.some(({ pruned }) => pruned) ?? false;
  const caching = watch?.explain(answered, isPruned) ?? null;
  return {
    ...answered,
    explanation: explanationOf({ operation, request, plan, records, actual, spent, costParts, caching }),
  };
}
