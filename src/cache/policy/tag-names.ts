import { sha256 } from '../../shared/hash.ts';
import type { Json } from '../../shared/json.ts';

/** What can be forgotten. */
export type CacheTarget =
  | { readonly kind: 'all' }
  /** As `@cacheTag` writes it. */
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'subgraph'; readonly subgraph: string }
  /** By the SHA-256 of its document. */
  | { readonly kind: 'operation'; readonly hash: string }
  | { readonly kind: 'operation'; readonly name: string }
  /** The values of one of the type's keys, nested as in the key. */
  | { readonly kind: 'entity'; readonly type: string; readonly key: Readonly<Record<string, Json>> };

type NamedKind = 'tag' | 'type' | 'subgraph';

type Kind = NamedKind | 'operation' | 'operation-name' | 'entity' | 'unidentified';

/** Tags of what has more names of a kind than an entry may list. Whatever is forgotten of the kind, these are, too. */
const MANY: Readonly<Record<NamedKind, string>> = {
  tag: 'many-tags',
  type: 'many-types',
  subgraph: 'many-subgraphs',
};

const MOST: Readonly<Record<NamedKind, number>> = { tag: 64, type: 64, subgraph: 32 };

/** Of what has more entities than it may list, or whose keys are not known: forgotten with any entity. */
export const MANY_ENTITIES = 'many-entities';

/** Of what holds an entity whose `@cacheTag` cannot be told: forgotten with any tag that somebody names. */
export const UNTOLD_TAGS = 'untold-tags';

/** Every entry has it. */
export const EVERYTHING = 'all';

/** Of what nothing is known: forgotten with anything that is not an operation. */
export const ANYTHING: readonly string[] = Object.freeze([
  EVERYTHING,
  ...Object.values(MANY),
  MANY_ENTITIES,
  UNTOLD_TAGS,
]);

/** Longer ones are cut, and told apart by their hash. */
const LONGEST = 256;

/** Of what has too many tags: instead of one of an entity, or of `@cacheTag`, that which is forgotten with any of them. */
export function collectiveTag(tag: string): string {
  if (tag.startsWith('entity:')) return MANY_ENTITIES;
  return tag.startsWith('tag:') ? MANY.tag : tag;
}

/** The names of one kind as tags of an entry, a bounded number of them. */
export function tagsNamed(kind: NamedKind, names: Iterable<string>): readonly string[] {
  const tags = new Set<string>();
  for (const name of names) {
    tags.add(tagName(kind, name));
    if (tags.size > MOST[kind]) return [MANY[kind]];
  }
  return [...tags];
}

export function operationTag(hash: string): string {
  return tagName('operation', hash);
}

export function operationNameTag(name: string): string {
  return tagName('operation-name', name);
}

/** The values of an entity's key: dotted path → value, in the order of the paths. */
export type KeyLeaves = readonly (readonly [string, string])[];

export function entityTag(type: string, leaves: KeyLeaves): string {
  return tagName('entity', `${type} ${JSON.stringify(leaves)}`);
}

/**
 * Of what holds an entity of which this key is not known: it is forgotten with any entity of the type that is named by it.
 * @param paths dotted ones, in their order
 */
export function unidentifiedTag(type: string, paths: readonly string[]): string {
  return tagName('unidentified', `${type} ${paths.join(' ')}`);
}

/** To invalidate an entity, wherever it is. */
export function tagsOfEntity(type: string, leaves: KeyLeaves): readonly string[] {
  const paths = leaves.map(([path]) => path);
  return [entityTag(type, leaves), unidentifiedTag(type, paths), MANY_ENTITIES];
}

/** To invalidate what is known to have a tag of `@cacheTag`; not what only may have it. */
export function tagsOfTag(tag: string): readonly string[] {
  return [tagName('tag', tag), MANY.tag];
}

/** The tags to invalidate so that nothing that names the target is served. */
export function tagsOfTarget(target: CacheTarget): readonly string[] {
  switch (target.kind) {
    case 'all':
      return [EVERYTHING];
    case 'operation':
      return ['hash' in target ? operationTag(target.hash) : operationNameTag(target.name)];
    case 'entity':
      return tagsOfEntity(target.type, leavesOf(target.key));
    case 'tag':
      return [...tagsOfTag(target.tag), UNTOLD_TAGS];
    case 'type':
      return [tagName('type', target.type), MANY.type];
    case 'subgraph':
      return [tagName('subgraph', target.subgraph), MANY.subgraph];
  }
}

/** A user's text behind a colon can be no other kind's name. */
function tagName(kind: Kind, name: string): string {
  const text = visible(name);
  if (text.length <= LONGEST) return `${kind}:${text}`;
  return `${kind}:${text.slice(0, 64)}~${sha256(text).slice(0, 32)}`;
}

/** Tags go into headers, where spaces and commas are between them: these and what is no visible ASCII is encoded. */
function visible(text: string): string {
  return text.replace(/[^\x21-\x2b\x2d-\x7e]+/g, found =>
    [...Buffer.from(found)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** Bounds the walk of what an operator may have sent. */
const DEEPEST = 8;

export function leavesOf(key: Readonly<Record<string, Json>>): KeyLeaves {
  const leaves: [string, string][] = [];
  const walk = (value: Json | undefined, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || path.length >= DEEPEST) {
      leaves.push([path.join('.'), leafText(value)]);
      return;
    }
    for (const [name, below] of Object.entries(value)) walk(below, [...path, name]);
  };
  for (const [name, value] of Object.entries(key)) walk(value, [name]);
  return leaves.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** An ID may be written as a number or as a text: it is the same one. */
export function leafText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    // Too deep for it: all such values have one tag, which forgets too much, never too little.
    return 'deep';
  }
}
