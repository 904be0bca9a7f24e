import { getNamedType } from 'graphql';
import type { SelectedOperation } from '../../policy/field-places.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { objectTypesOf } from '../../shared/object-types.ts';
import { selectedFields } from '../policy/selected-fields.ts';
import {
  type AnswerNode,
  type AnswerSelection,
  answerNodes,
  selectionOf,
  TooManySelections,
  typenamesOf,
} from './answer-node.ts';
import {
  compileEntityReader,
  type EntityFacts,
  type EntityReader,
  isEntity,
  type SeenEntity,
  unread,
} from './entity-reader.ts';

/** Tells of all entities in an answer, the `data` of a response; of one that is there twice maybe twice. */
export type EntitiesIn = (data: Json, see: (entity: SeenEntity) => void) => void;

/** A place of an answer, and what to look for there. */
interface Place {
  readonly types: ReadonlySet<string>;
  /** If all are of one type. */
  readonly only: string | undefined;
  /** Where an object's type is told, whatever it is. */
  readonly typenames: readonly string[];
  /** By type. */
  readonly readers: ReadonlyMap<string, EntityReader>;
  /** What has entities, at any depth. */
  readonly below: readonly (readonly [string, Place])[];
}

/** What may be of more types than this, and does not say of which, is not read. */
const MOST_CANDIDATES = 16;

/** More readers of one operation are not made. */
const MOST_READERS = 20_000;

/**
 * Compiles where an operation's answers have entities: by the names that its client chose, through fragments and
 * abstract types. An object whose type is not told counts as one of each that it may be. Null: they have none.
 */
export function compileEntitiesIn(operation: SelectedOperation, facts: EntityFacts): EntitiesIn | null {
  const selection = selectionOf(operation);
  return selection === null ? null : compileEntitiesBelow(selection, facts);
}

/** The same for the objects of any selection: of what is below them, not of what they are themselves. */
export function compileEntitiesBelow(selection: AnswerSelection, facts: EntityFacts): EntitiesIn | null {
  const types = entityTypesIn(selection, facts);
  if (types.length === 0) return null;
  try {
    const place = new PlaceCompiler(facts).place(answerNodes(selection));
    if (place === null || place.below.length === 0) return null;
    const root = { ...place, readers: new Map() };
    return (data, see) => walk(root, data, { see, guessed: new Set() });
  } catch (error) {
    if (!(error instanceof TooManySelections)) throw error;
    // Nobody looks for them, so any of them may be there.
    const all = types.map(type => unread(type, facts));
    return (_data, see) => all.forEach(see);
  }
}

/** The types of entities that a selection may answer with, without regard to where. */
function entityTypesIn(
  { document, schema, type, set }: AnswerSelection,
  facts: EntityFacts,
): readonly string[] {
  const fields = selectedFields({ type, set }, { document, schema });
  const all = fields === null ? Object.keys(schema.getTypeMap()) : [...fields.values()].flat();
  const names = all.flatMap(one =>
    typeof one === 'string'
      ? [one]
      : objectTypesOf(getNamedType(one.field.type), schema).map(({ name }) => name),
  );
  return [...new Set(names)].filter(name => isEntity(name, facts));
}

class PlaceCompiler {
  readonly #facts: EntityFacts;
  /** Null: no entities there, nor below. */
  readonly #places = new Map<AnswerNode, Place | null>();
  #readers = 0;

  constructor(facts: EntityFacts) {
    this.#facts = facts;
  }

  place(node: AnswerNode): Place | null {
    const known = this.#places.get(node);
    if (known !== undefined) return known;
    const readers = new Map<string, EntityReader>();
    for (const type of node.types) {
      if (!isEntity(type, this.#facts)) continue;
      if (++this.#readers > MOST_READERS) throw new TooManySelections();
      readers.set(type, compileEntityReader(type, node, this.#facts));
    }
    const below = [...node.fields].flatMap(([name, field]) => {
      const place = field.node === null ? null : this.place(field.node);
      return place === null ? [] : [[name, place] as const];
    });
    const isEmpty = readers.size === 0 && below.length === 0;
    const { types } = node;
    const only = types.size === 1 ? [...types][0] : undefined;
    const typenames = typenamesOf(node);
    const place = isEmpty ? null : Object.freeze({ types, only, typenames, readers, below });
    this.#places.set(node, place);
    return place;
  }
}

interface Walk {
  readonly see: (entity: SeenEntity) => void;
  /** Where objects were not read: it is told once of what they may be. */
  readonly guessed: Set<Place>;
}

/** As deep as the operation, and its lists. */
function walk(place: Place, value: Json, options: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(place, item, options);
    return;
  }
  if (!isJsonObject(value)) return;
  if (place.readers.size > 0) readObject(place, value, options);
  for (const [name, below] of place.below)
    if (Object.hasOwn(value, name)) walk(below, value[name] ?? null, options);
}

function readObject(place: Place, object: JsonObject, { see, guessed }: Walk): void {
  const { readers } = place;
  const type = place.only ?? toldType(place, object);
  if (type !== undefined) {
    const reader = readers.get(type);
    if (reader !== undefined) see(reader.read(object));
    return;
  }
  if (readers.size <= MOST_CANDIDATES) {
    for (const reader of readers.values()) if (reader.fits(object)) see(reader.read(object));
    return;
  }
  if (guessed.has(place)) return;
  guessed.add(place);
  for (const reader of readers.values()) see(reader.unread);
}

function toldType({ typenames, types }: Place, object: JsonObject): string | undefined {
  for (const name of typenames) {
    const told = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof told === 'string' && types.has(told)) return told;
  }
  return undefined;
}
