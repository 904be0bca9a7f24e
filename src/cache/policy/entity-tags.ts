import type { Json, JsonObject } from '../../shared/json.ts';
import { isJsonObject } from '../../shared/json.ts';
import type { CachingTable } from '../../supergraph/cache-directives.ts';
import type { CacheTag } from '../../supergraph/cache-tags.ts';
import type { EntityKey, KeyPath } from '../../supergraph/entity-keys.ts';
import { EVERYTHING, entityTag, leafText, tagsNamed, unidentifiedTag } from './tag-names.ts';

/**
 * The tags of what a subgraph answers for a representation, or null: a tag of the subgraph cannot be told of it, since
 * the representation has another of the type's keys, so it is not to be kept.
 */
export type EntityTagsOf = (representation: JsonObject) => readonly string[] | null;

export interface EntitySource {
  readonly subgraph: string;
  /** As the representation says in `__typename`. */
  readonly type: string;
}

/** Null: not told. */
type TextIn = (representation: JsonObject) => string | null;

/**
 * Compiles the tags of the entities of a type from one subgraph. Formats of other subgraphs on the type hold, too, where
 * the representation can fill them: who invalidates them means the entity.
 */
export function compileEntityTags(
  { subgraph, type }: EntitySource,
  { tags, keys }: CachingTable,
): EntityTagsOf {
  const implicit = [EVERYTHING, ...tagsNamed('type', [type]), ...tagsNamed('subgraph', [subgraph])];
  const formats = (tags.get(type) ?? []).map(tag => ({
    textIn: compileFormat(tag),
    isNeeded: tag.subgraphs.length === 0 || tag.subgraphs.includes(subgraph),
  }));
  const identities = (keys.get(type) ?? []).map(key => compileIdentity(type, key));
  return representation => {
    const named: string[] = [];
    for (const { textIn, isNeeded } of formats) {
      const text = textIn(representation);
      if (text !== null) named.push(text);
      else if (isNeeded) return null;
    }
    const entities = identities.map(identity => identity(representation));
    return [...implicit, ...new Set(entities), ...tagsNamed('tag', named)];
  };
}

function compileFormat({ format }: CacheTag): TextIn {
  const parts = format.map(part => (typeof part === 'string' ? () => part : leafIn(part.path)));
  return representation => {
    const texts = parts.map(part => part(representation));
    return texts.includes(null) ? null : texts.join('');
  };
}

/** The tag by a key; of a representation that has another key, that of what may be any entity of the type. */
function compileIdentity(type: string, { paths }: EntityKey): (representation: JsonObject) => string {
  const leaves = paths.map(path => ({ name: path.join('.'), textIn: leafIn(path) }));
  const otherwise = unidentifiedTag(
    type,
    leaves.map(({ name }) => name),
  );
  return representation => {
    const found: [string, string][] = [];
    for (const { name, textIn } of leaves) {
      const text = textIn(representation);
      if (text === null) return otherwise;
      found.push([name, text]);
    }
    return entityTag(type, found);
  };
}

/** Null where there is nothing. A null in a key is a value as others are. */
function leafIn(path: KeyPath): TextIn {
  return representation => {
    let at: Json | undefined = representation;
    for (const name of path) {
      if (!isJsonObject(at) || !Object.hasOwn(at, name)) return null;
      at = at[name];
    }
    return at === undefined ? null : leafText(at);
  };
}
