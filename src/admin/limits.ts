import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BucketName } from '../policy/rate-limit/bucket.ts';
import type { BucketState, BucketStore } from '../policy/rate-limit/bucket-store.ts';
import type { LimitPlan } from '../policy/rate-limit/limit-plan.ts';
import type { TokenIssuers } from '../policy/rate-limit/token-issuers.ts';
import { formatDuration } from '../shared/format-duration.ts';
import { nearest } from '../shared/nearest.ts';
import { RedisError } from '../storage/redis-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { isForeignPage } from './foreign-page.ts';
import { isLimitOf, keyText, type LimitQuery, ownerIn, parseLimitQuery } from './limit-query.ts';

export interface LimitsAdminOptions {
  /** Those of the generation that is served. */
  readonly limits: () => readonly LimitPlan[];
  /** The tier of who has this one in a credential: the default, where it is not configured. */
  readonly tierOf: (named: string) => string | null;
  /** Names of those that are configured. */
  readonly personas: readonly string[];
  readonly issuers: TokenIssuers;
  readonly store: BucketStore;
  readonly logger: Logger;
}

interface NamedBucket {
  readonly limit: LimitPlan;
  readonly bucket: BucketName;
}

/** A limit that more has to be said for. */
interface Unknown {
  readonly limit: string;
  readonly needs: readonly string[];
}

interface Found {
  readonly buckets: readonly NamedBucket[];
  readonly unknown: readonly Unknown[];
}

/** What a request comes to: the answer, and what of it is for the audit line. */
interface Outcome {
  readonly status: number;
  readonly body: object;
  readonly query?: LimitQuery;
  readonly limits?: readonly string[];
}

/** `GET /limits` tells what is left of an owner's buckets, `DELETE /limits` makes them full. */
export function registerLimits(app: FastifyInstance, options: LimitsAdminOptions): void {
  const audited = (action: string, run: (request: FastifyRequest) => Promise<Outcome>) => {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const outcome = await run(request).catch(outcomeOf);
      const { status, body, query, limits = [] } = outcome;
      const owner = query === undefined ? null : describeOwner(query);
      options.logger.info({ audit: { action, from: request.ip, owner, limits, status } }, 'rate limits');
      return reply.code(status).header('cache-control', 'no-store').send(body);
    };
  };
  app.get(
    '/limits',
    audited('read', request => show(request, options)),
  );
  app.delete(
    '/limits',
    audited('reset', request => reset(request, options)),
  );
}

async function show(request: FastifyRequest, options: LimitsAdminOptions): Promise<Outcome> {
  const { store } = options;
  const query = queryOf(request, options);
  const { buckets, unknown } = bucketsOf(query, options);
  const states = await store.read(buckets.map(({ bucket }) => bucket));
  const shown = buckets.map(({ limit }, index) => describe(limit, states[index]));
  return { status: 200, body: { limits: shown, unknown }, query, limits: namesOf(buckets) };
}

async function reset(request: FastifyRequest, options: LimitsAdminOptions): Promise<Outcome> {
  const { store } = options;
  if (isForeignPage(request.headers)) {
    return problem(403, 'Pages of other sites cannot reset limits. Use `weir limits reset`, or curl.');
  }
  const query = queryOf(request, options);
  const { buckets, unknown } = bucketsOf(query, options);
  // One bucket for everybody is nobody's own: it has to be named.
  const wanted = buckets.filter(({ limit }) => query.limit !== null || limit.by.length > 0);
  if (wanted.length === 0) return problem(400, nothingToReset(unknown));
  await store.reset(wanted.map(({ bucket }) => bucket));
  return { status: 200, body: { reset: namesOf(wanted), unknown }, query, limits: namesOf(wanted) };
}

function queryOf({ url }: FastifyRequest, { tierOf, personas, issuers }: LimitsAdminOptions): LimitQuery {
  const at = url.indexOf('?');
  const query = parseLimitQuery(new URLSearchParams(at < 0 ? '' : url.slice(at)));
  const { tier, persona, issuer } = query;
  if (persona !== null && personas.length > 0) checkKnown('persona', persona, personas);
  if (issuer !== null && !issuers.isOpen) checkKnown('issuer', issuer, issuers.names);
  return tier === null ? query : { ...query, tier: tierOf(tier) ?? tier };
}

function bucketsOf(query: LimitQuery, { limits, issuers }: LimitsAdminOptions): Found {
  const buckets: NamedBucket[] = [];
  const unknown: Unknown[] = [];
  for (const limit of chosen(query, limits())) {
    const { plan } = limit;
    const found = ownerIn(limit, query, issuers);
    if ('needs' in found) unknown.push({ limit: plan.id, needs: found.needs });
    else buckets.push({ limit, bucket: { plan, owner: found.owner } });
  }
  return { buckets, unknown };
}

function chosen(query: LimitQuery, limits: readonly LimitPlan[]): readonly LimitPlan[] {
  const { limit } = query;
  if (limit === null) return limits.filter(one => isLimitOf(one, query));
  const ids = limits.map(({ plan }) => plan.id);
  checkKnown('limit', limit, ids);
  return limits.filter(({ plan }) => plan.id === limit);
}

function checkKnown(kind: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const written = JSON.stringify(name.slice(0, 100));
  throw new RangeError(`there is no ${kind} ${written}; ${hintOf(name, known)}`);
}

function hintOf(name: string, known: readonly string[]): string {
  const suggestion = nearest(name.slice(0, 100), known);
  if (suggestion !== undefined) return `did you mean "${suggestion}"?`;
  return known.length === 0 ? 'there are none' : `there are ${known.slice(0, 20).join(', ')}`;
}

function describe({ plan, by, spend, personas, tiers, shadow }: LimitPlan, state: BucketState | undefined) {
  if (state === undefined) throw new TypeError('the store left out a bucket');
  return {
    id: plan.id,
    by: by.map(keyText),
    ...(personas === null ? {} : { personas: [...personas] }),
    ...(tiers === null ? {} : { tiers: [...tiers] }),
    algorithm: plan.algorithm,
    spend,
    limit: plan.limit,
    window: formatDuration(plan.windowMs),
    capacity: plan.capacity,
    remaining: state.remaining,
    resetAfterMs: state.resetAfterMs,
    shadow,
  };
}

/** Headers and arguments may be credentials: their names are enough. */
function describeOwner({ caller, issuer, ip, persona, tier, headers, arguments: given }: LimitQuery): object {
  const { kind, subject, client, tenant } = caller;
  const keys = [
    ...[...headers.keys()].map(name => `header:${name}`),
    ...[...given.keys()].map(path => `arg:${path}`),
  ];
  return { subject, issuer, isApiKey: kind === 'api-key', client, tenant, ip, persona, tier, keys };
}

function nothingToReset(unknown: readonly Unknown[]): string {
  if (unknown.length === 0)
    return 'No limit applies to this caller. One that all callers share has to be named, as limit=….';
  const missing = unknown.slice(0, 20).map(({ limit, needs }) => `${limit} needs ${needs.join(' and ')}`);
  return `Say whose buckets: ${missing.join('; ')}.`;
}

function namesOf(buckets: readonly NamedBucket[]): readonly string[] {
  return buckets.map(({ limit }) => limit.plan.id);
}

function problem(status: number, error: string): Outcome {
  return { status, body: { error } };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof RangeError) return problem(400, error.message);
  if (error instanceof RedisError) return problem(503, 'Redis, which keeps the buckets, does not answer.');
  throw error;
}
