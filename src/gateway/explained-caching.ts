import { OperationTypeNode } from 'graphql';
import { lifetimeOf } from '../cache/freshness/lifetime.ts';
import type { CachePolicy } from '../cache/policy/cache-policy.ts';
import type { DecidingField } from '../cache/policy/deciding-fields.ts';
import { type ReplySaid, WatchedLookup } from '../cache/response/watched-lookup.ts';
import type { CacheConfig } from '../config/cache.ts';
import { ownerOf } from './caller-facts.ts';
import { compileKept, tagsOf } from './kept-operations.ts';
import type { Answered, GatewayCall } from './run-operation.ts';

/** What an explanation says of whether the answer is kept, had nobody asked for an explanation. */
export interface ExplainedCaching {
  /** For how long and whom, random shortening aside; null: not at all. */
  readonly kept: CachePolicy | null;
  /** Why not; empty where it is. */
  readonly because: readonly string[];
  /** By schemas, configuration and persona, before replies and kept parts have said less. */
  readonly declared: CachePolicy | null;
  /** The fields that keep what is declared from being more. */
  readonly decidedBy: readonly DecidingField[];
  readonly replies: readonly ReplySaid[];
  /** Subgraph → the headers that it gets because of who asks: other values of them have other answers. */
  readonly apartBy: Readonly<Record<string, readonly string[]>>;
  /** What forgets it. */
  readonly tags: readonly string[];
}

/** Follows one execution. */
export interface CachingWatch {
  readonly lookup: WatchedLookup;
  /** @param isPruned limits took fields out */
  explain(answered: Answered, isPruned: boolean): ExplainedCaching;
}

const MOST_TAGS = 200;

const NOBODYS = 'it is PRIVATE, and the caller is nobody in particular';

/** To be called before it is run. Null: nothing is kept at all. @param now ms since the epoch */
export function watchCaching(
  call: GatewayCall,
  config: CacheConfig | undefined,
  now: () => number,
): CachingWatch | null {
  const { policies, generation } = call.live;
  if (config === undefined || policies === null) return null;
  const { operation, request } = call;
  const { persona } = request;
  const selected = compileKept(operation, { policies, persona, generation });
  const declared = persona.cache.disabled ? null : selected.selection.policyOf(operation.variables);
  const decidedBy = policies.of(persona).decidingFields(operation, operation.variables);
  const before = reasonsBefore(call, { config, declared, decidedBy });
  const lookup = new WatchedLookup(declared);
  return {
    lookup,
    explain(answered, isPruned) {
      const { answer } = answered.rendered;
      const kept = lifetimeLeft(lookup, now());
      const because = [
        ...before,
        ...(isPruned ? ['rate limits took fields out'] : []),
        ...lookup.reasons,
        ...reasonsAfter(answered, config),
        ...(declared === null ? [] : reasonsOfParts({ call, lookup, declared, kept })),
      ];
      const isKept = because.length === 0 && answer !== null;
      const tags = isKept ? [...tagsOf(selected, operation, answer.data), ...(lookup.limits.tags ?? [])] : [];
      return {
        kept: isKept ? kept : null,
        because,
        declared,
        decidedBy,
        replies: lookup.replies,
        apartBy: apartBy(call),
        tags: [...new Set(tags)].slice(0, MOST_TAGS),
      };
    },
  };
}

interface Declared {
  readonly config: CacheConfig;
  readonly declared: CachePolicy | null;
  readonly decidedBy: readonly DecidingField[];
}

/** Of what is never looked up. */
function reasonsBefore(
  { operation, request }: GatewayCall,
  { config, declared, decidedBy }: Declared,
): readonly string[] {
  const { definition, denial } = operation;
  const { caller, persona, progress } = request;
  if (definition.operation !== OperationTypeNode.QUERY) return ['it is no query'];
  const reasons: string[] = [];
  if (!config.responses.enabled) reasons.push('cache.responses.enabled is false');
  if (persona.cache.disabled) reasons.push(`persona ${persona.name} has cache.disabled`);
  else if (declared === null) reasons.push(undeclared(decidedBy));
  if (progress.readsHeaders) reasons.push("a rule decides by the client's headers");
  if (denial !== null && denial.deferred !== null) reasons.push('a rule decides object by object');
  if (declared?.scope === 'PRIVATE' && ownerOf(caller) === null) reasons.push(NOBODYS);
  return reasons;
}

function undeclared(decidedBy: readonly DecidingField[]): string {
  const shortest = decidedBy.find(({ maxAgeMs }) => maxAgeMs !== undefined);
  if (shortest === undefined) return 'it has no field of which it is known how long it may be kept';
  const by = shortest.by === undefined || shortest.by === shortest.coordinate ? '' : `, by ${shortest.by}`;
  return shortest.maxAgeMs === 0
    ? `${shortest.coordinate} has maxAge 0${by}`
    : 'cache.maxAge of the persona leaves no time';
}

/** Of what has been answered. */
function reasonsAfter({ rendered, collected }: Answered, { maxEntry }: CacheConfig): readonly string[] {
  const { answer, errors, fallbacks } = rendered;
  const reasons: string[] = [];
  if (errors.length > 0) reasons.push('it has errors');
  if (fallbacks.length > 0) reasons.push('fields have fallbacks or stale values');
  if (collected !== null && collected.keepable() === null)
    reasons.push('subgraphs sent a cookie for the client, or too many headers');
  if (answer !== null && answer.bytes.length > maxEntry) reasons.push('it is larger than cache.maxEntry');
  return reasons;
}

interface Parts {
  readonly call: GatewayCall;
  readonly lookup: WatchedLookup;
  readonly declared: CachePolicy;
  readonly kept: CachePolicy | null;
}

/** Of what it is made of. */
function reasonsOfParts({ call, lookup, declared, kept }: Parts): readonly string[] {
  const { policy, tags } = lookup.limits;
  const reasons: string[] = [];
  if (policy !== null && policy.scope !== declared.scope && ownerOf(call.request.caller) === null)
    reasons.push(`a reply made it private: ${NOBODYS}`);
  if (policy !== null && kept === null)
    reasons.push('a part of it is stale, or says that there is no such entity');
  if (tags === null) reasons.push('its parts have more than 1,000 tags');
  return reasons;
}

function lifetimeLeft({ limits }: WatchedLookup, now: number): CachePolicy | null {
  const { policy, until } = limits;
  if (policy === null) return null;
  const { freshUntil, revalidateUntil, errorUntil } = lifetimeOf(policy, now, { shortened: 0, until });
  if (freshUntil <= now) return null;
  return {
    maxAgeMs: Math.ceil(freshUntil - now),
    scope: policy.scope,
    staleWhileRevalidateMs: Math.floor(revalidateUntil - freshUntil),
    staleIfErrorMs: Math.floor(errorUntil - freshUntil),
  };
}

function apartBy({ operation, live, forwarded }: GatewayCall): ExplainedCaching['apartBy'] {
  const asked = [...(live.executor.subgraphsOf(operation) ?? [])];
  const names = (subgraph: string): string[] =>
    forwarded.headersFor(subgraph).filter((_, index) => index % 2 === 0);
  return Object.fromEntries(
    asked.map(subgraph => [subgraph, names(subgraph)] as const).filter(([, all]) => all.length > 0),
  );
}
