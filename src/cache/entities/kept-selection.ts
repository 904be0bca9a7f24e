import { sha256 } from '../../shared/hash.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { withFactor } from '../freshness/lifetime.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import type { SelectionPolicy } from '../policy/compile-policy.ts';
import type { EntityTagsOf } from '../policy/entity-tags.ts';
import type { Privacy } from '../policy/privacy.ts';
import type { EntitiesIn } from '../response/entities-in.ts';
import { AnswerEntityTags } from '../response/entity-tags-of-answer.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Asker, Place } from './fetch-caching.ts';
import type { FitsSelection } from './fits-selection.ts';
import type { SelectionIdentity } from './selection-identity.ts';

/** What a fetch selects on one type, as far as it may be kept. */
export interface KeptSelection {
  /** Hash of all that is the same for each request. */
  readonly id: string;
  readonly variables: readonly string[];
  readonly policy: SelectionPolicy;
  /** What is not of the types that are selected is not kept. */
  readonly fits: FitsSelection;
  /** Null: of root fields, which are of no entity. */
  readonly entityTagsOf: EntityTagsOf | null;
  /** Of the entities in a value, below the one that it is itself; null: there are none. */
  readonly entitiesIn: EntitiesIn | null;
  /** Response keys of root fields that answer with one entity: where there is none, that is kept as if it were one. */
  readonly soleEntities: readonly string[];
  readonly privacy: Privacy;
}

/** A selection for one request. */
export interface BoundSelection {
  readonly selection: KeptSelection;
  readonly policy: CachePolicy;
  readonly asker: Asker;
  /** Of all keys of this selection and request. */
  readonly prefix: string;
  /** Of those for this caller alone; null: there are none, or no others. */
  readonly ownPrefix: () => string | null;
}

/** Another form of keys or values is another version. */
const VERSION = 2;

export function selectionId(parts: readonly string[], { text }: SelectionIdentity): string {
  return sha256(JSON.stringify([VERSION, ...parts, text]));
}

/** Null: for this caller, or with these variables, nothing is kept. */
export function bindSelection(selection: KeptSelection, asker: Asker): BoundSelection | null {
  const policy = withFactor(selection.policy.policyOf(asker.variables), asker.factor);
  if (policy === null) return null;
  const isPrivate = policy.scope === 'PRIVATE';
  if (isPrivate && asker.subject === null) return null;
  // A variable that is left out is another thing than null: the default of the subgraph's own argument applies.
  const given = selection.variables.flatMap(name => {
    const value = asker.variables[name] as Json | undefined;
    return value === undefined ? [] : [[name, canonicalJson(value)]];
  });
  const prefixFor = (callers: readonly (string | null)[]): string =>
    sha256(JSON.stringify([selection.id, given, asker.told, callers]));
  let ownPrefix: string | null = null;
  return {
    selection,
    policy,
    asker,
    prefix: prefixFor(isPrivate ? [asker.subject] : []),
    ownPrefix() {
      if (!isPrivate && asker.subject !== null) ownPrefix ??= prefixFor([asker.subject]);
      return ownPrefix;
    },
  };
}

/** A place with what it takes to keep something there. */
export class KeptPlace implements Place {
  readonly key: string;
  readonly #bound: BoundSelection;
  readonly #text: string;

  /** @param text canonical JSON of the representation; empty: of the root */
  constructor(bound: BoundSelection, text: string) {
    this.key = sha256(bound.prefix + text);
    this.#bound = bound;
    this.#text = text;
  }

  get policy(): CachePolicy {
    return this.#bound.policy;
  }

  get selection(): KeptSelection {
    return this.#bound.selection;
  }

  get asker(): Asker {
    return this.#bound.asker;
  }

  /** Null: of the root. */
  get representation(): JsonObject | null {
    return this.#text === '' ? null : (JSON.parse(this.#text) as JsonObject);
  }

  /** The key for this caller alone, of what is declared to be everybody's; null: there is none. */
  ownKey(): string | null {
    const own = this.#bound.ownPrefix();
    return own === null ? null : sha256(own + this.#text);
  }
}

/** As most are: with one key, of a name that comes after that of the type. Its text is canonical, and need not be parsed. */
const PLAIN = /^\{"__typename":"(\w+)","[a-z]\w*":(?:"[^"\\]*"|-?\d+)\}$/;

/** What a representation says, by its JSON text; an empty one is of the root. */
export function readRepresentation(text: string): { readonly typeName: string; readonly canonical: string } {
  if (text === '') return ROOT;
  const plain = PLAIN.exec(text)?.[1];
  if (plain !== undefined) return { typeName: plain, canonical: text };
  const representation = JSON.parse(text) as JsonObject;
  return { typeName: String(representation['__typename']), canonical: canonicalJson(representation) };
}

const ROOT = Object.freeze({ typeName: '', canonical: '' });

/** Whether a value says that there is no such entity, or that a root field found none. */
export function isNothing({ soleEntities }: KeptSelection, value: Json): boolean {
  return value === null || (isJsonObject(value) && soleEntities.some(key => value[key] === null));
}

/** All tags of a value; null: they cannot be told, so it is not to be kept. */
export function tagsOfPlace(
  { selection, representation, asker }: KeptPlace,
  value: Json,
): readonly string[] | null {
  const { policy, entityTagsOf, entitiesIn } = selection;
  const tags = [...policy.tagsOf(asker.variables)];
  if (entitiesIn !== null) {
    const found = new AnswerEntityTags();
    entitiesIn(value, found.see);
    tags.push(...found.tags());
  }
  if (entityTagsOf === null || representation === null) return tags;
  const ofEntity = entityTagsOf(representation);
  return ofEntity === null ? null : [...tags, ...ofEntity];
}
