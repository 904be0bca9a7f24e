import { GatewayError } from '../../errors.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { Failure } from './failures.ts';
import type { SubgraphError } from './read-answer.ts';
import type { Run } from './run.ts';

/** Codes of subgraphs that speak to the client, with their messages, instead of SUBGRAPH_ERROR. */
export interface ErrorPolicy {
  readonly passCodes: ReadonlySet<string>;
  /** Whether messages with other codes are shown too. Off: one sentence that reveals nothing. */
  readonly exposeMessages: boolean;
  /** Hears of each error that is not shown as it is. */
  readonly onHidden?: (error: SubgraphError) => void;
}

/** The failure that a fetch which did not succeed at all means for its fields. */
export function failureOfFetch(error: unknown, subgraph: string): Failure {
  const known =
    error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR', { cause: error });
  const failure = { code: known.code, message: known.message, subgraph, extensions: known.extensions };
  return known.code === 'INTERNAL_SERVER_ERROR' ? { ...failure, cause: known.cause ?? known } : failure;
}

export function failureOfError(error: SubgraphError, subgraph: string, policy: ErrorPolicy): Failure {
  const passes = error.code !== null && policy.passCodes.has(error.code);
  const shown = (passes || policy.exposeMessages) && error.message !== '';
  if (!shown) policy.onHidden?.(error);
  return {
    code: passes && error.code !== null ? error.code : 'SUBGRAPH_ERROR',
    message: shown ? error.message : new GatewayError('SUBGRAPH_ERROR').message,
    subgraph,
    extensions: {},
  };
}

/** Anchors a failure at every field that a fetch should have filled. */
export function anchorAtFields(
  run: Run,
  failure: Failure,
  at: { readonly targets: readonly JsonObject[]; readonly keys: readonly string[] },
): void {
  run.failures.add(failure);
  for (const target of at.targets) {
    for (const key of at.keys) {
      if (target[key] === undefined || target[key] === null) run.failures.anchor(failure, target, [key]);
    }
  }
}

/**
 * Anchors a subgraph's error where its path leads, from the object that path starts at. Where the data ends
 * early (a parent became null) the rest of the path stays with the failure.
 */
export function anchorAtPath(
  run: Run,
  failure: Failure,
  { from, path }: { readonly from: JsonObject; readonly path: readonly (string | number)[] },
): void {
  let holder: JsonObject | Json[] = from;
  for (let index = 0; index < path.length - 1; index++) {
    const next: Json | undefined = (holder as Record<string | number, Json | undefined>)[
      path[index] as string
    ];
    if (typeof next !== 'object' || next === null) {
      run.failures.anchor(failure, holder, path.slice(index) as [string | number]);
      return;
    }
    holder = next;
  }
  run.failures.anchor(failure, holder, [path[path.length - 1] as string | number]);
}
