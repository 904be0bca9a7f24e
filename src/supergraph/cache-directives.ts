import { type ConstDirectiveNode, type DocumentNode, valueFromASTUntyped } from 'graphql';
import { type CacheHint, cacheControlDirective } from '../config/cache.ts';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { type CacheTag, examineCacheTags } from './cache-tags.ts';
import { elementsOf } from './coordinates.ts';
import { type EntityKey, readEntityKeys } from './entity-keys.ts';
import { featureDirectives, linkedDirective, namedAny } from './feature-names.ts';
import { mergeHints } from './merge-hints.ts';
import { WEIR_SPEC } from './weir-spec.ts';

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
  const find = finderIn(document);
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

const ARGUMENTS: readonly string[] = Object.keys(cacheControlDirective.shape);

/** Without a link the name may be somebody else's: what has none of the arguments is. */
function finderIn(
  document: DocumentNode,
): (directives: readonly ConstDirectiveNode[]) => readonly ConstDirectiveNode[] {
  const names = featureDirectives(document, WEIR_SPEC, 'cacheControl');
  if (linkedDirective(document, WEIR_SPEC, 'cacheControl') !== null) return found => namedAny(found, names);
  return directives =>
    namedAny(directives, names).filter(node =>
      node.arguments?.some(({ name }) => ARGUMENTS.includes(name.value)),
    );
}

/** Null is as good as absent. */
function argumentsOf({ arguments: given = [] }: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of given) {
    const written = valueFromASTUntyped(value);
    if (written !== null) values[name.value] = written;
  }
  return { ...values };
}
