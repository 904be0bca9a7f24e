import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { CachingTable } from '../../supergraph/cache-directives.ts';
import type { KeyPath } from '../../supergraph/entity-keys.ts';
import { type KeyLeaves, leafText } from '../policy/tag-names.ts';
import type { AnswerNode } from './answer-node.ts';

/** An entity in an answer, as far as the answer tells which it is. */
export interface SeenEntity {
  readonly type: string;
  /** Its keys that the answer has. */
  readonly identities: readonly KeyLeaves[];
  /** The dotted paths of each of the others. */
  readonly missing: readonly (readonly string[])[];
  /** Its `@cacheTag`s with a `$key`. */
  readonly tags: readonly string[];
  /** Whether it has further ones. */
  readonly isUntold: boolean;
}

/** Reads what an object is that is an entity of one type. */
export interface EntityReader {
  readonly type: string;
  read(object: JsonObject): SeenEntity;
  /** Whether an object may be of the type: whatever it has is selected of it. */
  fits(object: JsonObject): boolean;
  /** What is known of it before it is read. */
  readonly unread: SeenEntity;
}

type TextIn = (object: JsonObject) => string | null;

/** What types of entities have by which they are told apart. */
export interface EntityFacts {
  readonly keys: CachingTable['keys'];
  readonly tags: CachingTable['tags'];
}

/** Whether anything could be invalidated by an entity of the type. */
export function isEntity(type: string, facts: EntityFacts): boolean {
  return (facts.keys.get(type) ?? []).length > 0 || formatsOf(type, facts).length > 0;
}

/** Compiles where the objects of a place have the keys of a type. */
export function compileEntityReader(type: string, node: AnswerNode, facts: EntityFacts): EntityReader {
  const { keys, formats } = compileTexts(type, node, facts);
  const names = namesOf(type, node);
  return Object.freeze({
    type,
    unread: unread(type, facts),
    fits: (object: JsonObject) => Object.keys(object).every(name => names.has(name)),
    read(object: JsonObject): SeenEntity {
      const identities: KeyLeaves[] = [];
      const missing: (readonly string[])[] = [];
      for (const { dotted, texts } of keys) {
        const values = allOf(texts, object);
        if (values === null) missing.push(dotted);
        else identities.push(dotted.map((path, i) => [path, values[i] as string]));
      }
      const tags = formats.map(texts => allOf(texts, object)?.join('') ?? null);
      const told = tags.filter(tag => tag !== null);
      return { type, identities, missing, tags: told, isUntold: told.length < tags.length };
    },
  });
}

interface EntityTexts {
  readonly keys: readonly { readonly dotted: readonly string[]; readonly texts: readonly TextIn[] }[];
  readonly formats: readonly (readonly TextIn[])[];
}

/** Apart: closures beside each other keep what any of them names, and the node is all that the answer may be. */
function compileTexts(type: string, node: AnswerNode, facts: EntityFacts): EntityTexts {
  const textAt = (path: KeyPath): TextIn => compileText(placesOf(path, node, type));
  return {
    keys: distinctKeys(type, facts).map(paths => ({
      dotted: paths.map(path => path.join('.')),
      texts: paths.map(textAt),
    })),
    formats: formatsOf(type, facts).map(({ format }) =>
      format.map(part => (typeof part === 'string' ? constantText(part) : textAt(part.path))),
    ),
  };
}

function constantText(text: string): TextIn {
  return () => text;
}

/** An entity of which nothing but its type is known. */
export function unread(type: string, facts: EntityFacts): SeenEntity {
  const missing = distinctKeys(type, facts).map(paths => paths.map(path => path.join('.')));
  return { type, identities: [], missing, tags: [], isUntold: formatsOf(type, facts).length > 0 };
}

function namesOf(type: string, { fields }: AnswerNode): ReadonlySet<string> {
  const own = [...fields].filter(([, { selections }]) => selections.some(({ types }) => types.has(type)));
  return new Set(own.map(([name]) => name));
}

function formatsOf(type: string, { tags }: EntityFacts) {
  return (tags.get(type) ?? []).filter(({ format }) => format.some(part => typeof part !== 'string'));
}

function distinctKeys(type: string, { keys }: EntityFacts): readonly (readonly KeyPath[])[] {
  const known = (keys.get(type) ?? []).map(({ paths }) => paths);
  return [...new Map(known.map(paths => [paths.join(' '), paths])).values()];
}

/** Null where one of them is not known. */
function allOf(texts: readonly TextIn[], object: JsonObject): readonly string[] | null {
  const values: string[] = [];
  for (const textIn of texts) {
    const text = textIn(object);
    if (text === null) return null;
    values.push(text);
  }
  return values;
}

/** Further aliases of one field are not looked at. */
const MOST_PLACES = 4;

/**
 * The names by which an answer has a field of a key. A name counts if it is that field whatever the object turns out
 * to be: objects of several types may have different fields under one name.
 * @param type null: of whichever
 */
function placesOf(path: KeyPath, node: AnswerNode, type: string | null): readonly KeyPath[] {
  const [first, ...rest] = path;
  const places: KeyPath[] = [];
  for (const [name, { selections, node: below }] of node.fields) {
    const meant = type === null ? selections : selections.filter(({ types }) => types.has(type));
    if (meant.length === 0 || meant.some(({ field }) => field !== first)) continue;
    if (rest.length === 0) places.push([name]);
    else if (below !== null) places.push(...placesOf(rest, below, null).map(found => [name, ...found]));
    if (places.length >= MOST_PLACES) break;
  }
  return places.slice(0, MOST_PLACES);
}

/** Null in an answer may be what could not be had: of it nothing is known. */
function compileText(places: readonly KeyPath[]): TextIn {
  return object => {
    for (const place of places) {
      const value = valueAt(place, object);
      if (value !== null) return leafText(value);
    }
    return null;
  };
}

function valueAt(place: KeyPath, object: JsonObject): Json {
  let at: Json = object;
  for (const name of place) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return null;
    at = at[name] ?? null;
  }
  return at;
}
