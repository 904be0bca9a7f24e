import { OperationTypeNode } from 'graphql';
import { ChangedEntities } from '../cache/invalidation/tags-of-changes.ts';
import { compileEntitiesIn, type EntitiesIn } from '../cache/response/entities-in.ts';
import type { CacheStore } from '../cache/store/cache-store.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import { documentBytes } from '../shared/document-bytes.ts';
import type { Json } from '../shared/json.ts';
import { Lru } from '../shared/lru.ts';
import { withinTime } from '../shared/within-time.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * Invalidates what a mutation has answered with; resolves when nobody is served it any more, for who waits for it before
 * he answers, or when that takes too long. Never rejects: this instance has forgotten it in any case. Of queries nothing is
 * invalidated.
 * @param data the JSON text of `data`
 */
export type InvalidateAfter = (operation: BoundOperation, data: string) => Promise<void>;

interface InvalidateOptions {
  readonly store: Pick<CacheStore, 'invalidate'>;
  readonly logger: Logger;
  /** Bound on the memory of what is remembered of operations, as estimated. */
  readonly maxBytes: number;
  /** How long an answer waits for the rest of the fleet at most, ms: telling it goes on behind the answer then. */
  readonly maxWaitMs: number;
}

/** For the operations of one generation. */
export function createInvalidateAfter(
  { caching, supergraphSchema: schema }: Pick<Generation, 'caching' | 'supergraphSchema'>,
  { store, logger, maxBytes, maxWaitMs }: InvalidateOptions,
): InvalidateAfter {
  const { keys } = caching;
  const compiled = new Lru<string, { readonly entitiesIn: EntitiesIn | null }>(maxBytes);
  const compile = (operation: BoundOperation): EntitiesIn | null => {
    const { viewId, documentHash, definition } = operation;
    const id = `${viewId} ${documentHash} ${definition.name?.value ?? ''}`;
    const known = compiled.get(id) ?? { entitiesIn: compileEntitiesIn(operation, caching) };
    compiled.set(id, known, documentBytes(operation.document));
    return known.entitiesIn;
  };
  const invalidate = async (operation: BoundOperation, data: string): Promise<void> => {
    const entitiesIn = compile(operation);
    if (entitiesIn === null) return;
    const changed = new ChangedEntities();
    entitiesIn(JSON.parse(data) as Json, changed.see);
    const tags = changed.tags({ schema, keys });
    if (tags.length > 0) await withinTime(store.invalidate(tags), maxWaitMs, tooLate);
  };
  let isTold = true;
  return async (operation, data) => {
    if (operation.definition.operation !== OperationTypeNode.MUTATION) return;
    try {
      await invalidate(operation, data);
      isTold = true;
    } catch (err) {
      // What was written is written, so the client is answered all the same.
      if (isTold) logger.warn({ err }, 'the fleet could not be told what mutations have changed');
      isTold = false;
    }
  };
}

const tooLate = (): Error => new Error('the fleet has not been told in time');
