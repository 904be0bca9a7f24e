import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { KnownOperations } from '../cache/invalidation/known-operations.ts';
import { tagsOfTargets } from '../cache/invalidation/tags-of-targets.ts';
import { type CacheTarget, leavesOf } from '../cache/policy/tag-names.ts';
import type { CacheStore } from '../cache/store/cache-store.ts';
import type { CacheConfig } from '../config/cache.ts';
import { RedisError } from '../storage/redis-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { parseTargets } from './cache-targets.ts';
import { objectionTo, type TargetFacts } from './check-targets.ts';
import { isForeignPage } from './foreign-page.ts';
import { unknownTags } from './unknown-tags.ts';

export interface CacheAdminOptions {
  /** Null where nothing is. */
  readonly kept: {
    readonly store: Pick<CacheStore, 'invalidate'>;
    readonly operations: Pick<KnownOperations, 'unknown'>;
    readonly config: Pick<CacheConfig, 'surrogateKeys'>;
  } | null;
  readonly facts: () => TargetFacts;
  readonly logger: Logger;
}

/** What a request comes to: the answer, and what of it is for the audit line. */
interface Outcome {
  readonly status: number;
  readonly body: object;
  readonly targets?: readonly CacheTarget[];
}

const BODY_BYTES = 512 * 1024;

/** Types that stand for many are as many tags, and each 500 tags are a round trip. */
const MOST_TAGS = 10_000;

const MOST_LOGGED = 20;

/** `POST /cache/invalidate` forgets what is kept, here and in the rest of the fleet. */
export function registerCache(app: FastifyInstance, options: CacheAdminOptions): void {
  app.post('/cache/invalidate', { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const { status, body, targets = [] } = await invalidate(request, options);
    const audit = {
      action: 'invalidate',
      from: request.ip,
      count: targets.length,
      targets: targets.slice(0, MOST_LOGGED).map(describe),
      status,
    };
    options.logger.info({ audit }, 'cache');
    return reply.code(status).header('cache-control', 'no-store').send(body);
  });
}

async function invalidate(request: FastifyRequest, { kept, facts }: CacheAdminOptions): Promise<Outcome> {
  if (isForeignPage(request.headers))
    return problem(403, 'Pages of other sites cannot do this. Use `weir cache invalidate`, or curl.');
  if (kept === null) return problem(409, 'nothing is kept here: there is no `cache` in the configuration');
  let named: ReturnType<typeof parseTargets>;
  try {
    named = parseTargets(request.body);
  } catch (error) {
    if (error instanceof RangeError) return problem(400, error.message);
    throw error;
  }
  const targets = named.map(({ target }) => target);
  const known = facts();
  const objection = objectionTo(named, known);
  if (objection !== null) return problem(400, objection, targets);
  const tags = tagsOfTargets(targets, { schema: known.supergraphSchema, keys: known.caching.keys });
  if (tags.length > MOST_TAGS)
    return problem(400, `that comes to more than ${MOST_TAGS} tags; send fewer targets at once`, targets);
  try {
    await kept.store.invalidate(tags);
    const unknown = unknownTags(targets, known.caching);
    const unknownOperations = kept.operations.unknown(targets);
    const body = {
      count: targets.length,
      ...(unknown.length === 0 ? {} : { unknown }),
      ...(unknownOperations.length === 0 ? {} : { unknownOperations }),
      // As answers were told to shared caches by them, which are to be told to forget them.
      ...(kept.config.surrogateKeys ? { surrogateKeys: tags } : {}),
    };
    return { status: 202, body, targets };
  } catch (error) {
    if (!(error instanceof RedisError)) throw error;
    return problem(
      503,
      `the rest of the fleet could not be told (${error.message}); this instance has forgotten it and goes on trying to tell them, so long as it runs`,
      targets,
    );
  }
}

/** Values of keys may be of a person: their names are enough. */
function describe(target: CacheTarget): string {
  switch (target.kind) {
    case 'all':
      return 'all';
    case 'tag':
      return `tag ${target.tag.slice(0, 200)}`;
    case 'type':
      return `type ${target.type}`;
    case 'subgraph':
      return `subgraph ${target.subgraph}`;
    case 'operation':
      return `operation ${'name' in target ? target.name : target.hash}`;
    case 'entity':
      return `entity ${target.type} by ${leavesOf(target.key)
        .map(([path]) => path.slice(0, 100))
        .join(' ')}`;
  }
}

function problem(status: number, error: string, targets: readonly CacheTarget[] = []): Outcome {
  return { status, body: { error }, targets };
}
