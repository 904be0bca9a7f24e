import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { type CacheHint, cacheControlDirective } from '../config/cache.ts';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { type CacheTag, examineCacheTags } from './cache-tags.ts';
import { elementsOf } from './coordinates.ts';
import { type EntityKey, readEntityKeys } from './entity-keys.ts';
import { mergeHints } from './merge-hints.ts';
import { argumentsOf, findDirectives } from './weir-directives.ts';

export interface CachingTable {
  /** `Type` or `Type.field` → what `@cacheControl` says; the strictest where several subgraphs do. */
  readonly hints: ReadonlyMap<string, CacheHint>;
  /** `Type` or `Type.field` → the `@cacheTag`s. */
  readonly tags: ReadonlyMap<string, readonly CacheTag[]>;
  /** Type → the keys by which subgraphs know its entities. */
  readonly keys: ReadonlyMap<string, readonly EntityKey[]>;
}

interface CacheControlProblem {
  readonly coordinate: string;
  readonly directive: ConstDirectiveNode;
  readonly code: 'CACHE_CONTROL_INVALID';
  readonly reason: string;
}

/**
 * The `@cacheControl`s and `@cacheTag`s of a supergraph, under whatever names they were imported.
 * @throws ConfigError with a line for each that cannot be.
 */
export function readCaching(document: DocumentNode): CachingTable {
  const { hints, problems } = examineCacheControl(document);
  const { tags, problems: ofTags } = examineCacheTags(document);
  const all = [...problems, ...ofTags];
  if (all.length === 0) return Object.freeze({ hints, tags, keys: readEntityKeys(document) });
  throw new ConfigError(
    'the supergraph',
    all.map(({ coordinate, code, reason }) => {
      const name = code === 'CACHE_TAG_INVALID' ? 'cacheTag' : 'cacheControl';
      return `@${name} on ${coordinate}: ${reason}`;
    }),
  );
}

/** What they say, of a supergraph or of one subgraph's schema, and what is wrong with it. */
export function examineCacheControl(document: DocumentNode): {
  readonly hints: ReadonlyMap<string, CacheHint>;
  readonly problems: readonly CacheControlProblem[];
} {
  const written = new Map<string, CacheHint[]>();
  const problems: CacheControlProblem[] = [];
  const find = findDirectives(document, 'cacheControl', cacheControlDirective.keyof().options);
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const directive of find(directives)) {
      try {
        const hint = parseConfig(cacheControlDirective, argumentsOf(directive), '@cacheControl');
        written.set(coordinate, [...(written.get(coordinate) ?? []), hint]);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const text of error.problems) {
          const reason = text.replace(/^the file: /, '');
          problems.push({ coordinate, directive, code: 'CACHE_CONTROL_INVALID', reason });
        }
      }
    }
  }
  const hints = new Map(
    [...written].map(([coordinate, said]) => [coordinate, Object.freeze(mergeHints(said))]),
  );
  return { hints, problems };
}
