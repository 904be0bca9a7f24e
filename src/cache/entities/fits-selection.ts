import {
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  visit,
} from 'graphql';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import {
  type AnswerNode,
  type AnswerSelection,
  answerNodes,
  TooManySelections,
  typenamesOf,
} from '../response/answer-node.ts';
import { compileFitsLeaf } from './fits-leaf.ts';

/** Whether a value is what the schema says that a selection answers with, at any depth. */
export type FitsSelection = (value: Json) => boolean;

/** What an object of one type may have under a name. */
interface FieldCheck {
  readonly name: string;
  readonly fits: FitsSelection;
  /** Whether it has to be there. */
  readonly isRequired: boolean;
}

/** What an object may have under a name whose type is not told. */
interface OpenCheck {
  readonly name: string;
  /** One of these holds. */
  readonly fits: readonly FitsSelection[];
}

/**
 * Compiles the check of what subgraphs answer before it is kept: without it a subgraph that sends junk for a second would be
 * believed for as long as its values last. A field that is not there counts as null, which is no error where it may be
 * null, nor where `@skip` and `@include` may have left it out. What selects too much to be looked at fits nothing.
 */
export function compileFitsSelection(selection: AnswerSelection): FitsSelection {
  try {
    const root = answerNodes(selection);
    const { document, schema } = selection;
    const checks = new SelectionChecks(schema, !hasConditions(document));
    return value => value === null || checks.fits(root, value);
  } catch (error) {
    if (!(error instanceof TooManySelections)) throw error;
    return () => false;
  }
}

function hasConditions(document: DocumentNode): boolean {
  let has = false;
  visit(document, {
    Directive({ name }) {
      has ||= name.value === 'skip' || name.value === 'include';
    },
  });
  return has;
}

/** The objects at one place. */
interface Place {
  readonly types: ReadonlySet<string>;
  /** If all are of one type. */
  readonly only: string | undefined;
  readonly typenames: readonly string[];
  /** Whether each object has to tell its type. */
  readonly isTold: boolean;
  /** By the types that were met: an interface may have hundreds. */
  readonly checks: Map<string, readonly FieldCheck[]>;
  open: readonly OpenCheck[] | null;
}

class SelectionChecks {
  readonly #schema: GraphQLSchema;
  /** Whether all that is selected of an object must be there. */
  readonly #isWhole: boolean;
  readonly #places = new Map<AnswerNode, Place>();

  constructor(schema: GraphQLSchema, isWhole: boolean) {
    this.#schema = schema;
    this.#isWhole = isWhole;
  }

  /** As deep as the selection. */
  fits(node: AnswerNode, value: Json): boolean {
    if (!isJsonObject(value)) return false;
    const place = this.#placeOf(node);
    const type = this.#typeOf(place, value);
    if (type === null) return false;
    if (type === undefined) return this.#fitsAny(node, place, value);
    let checks = place.checks.get(type);
    if (checks === undefined) {
      checks = this.#checksOf(node, type);
      place.checks.set(type, checks);
    }
    for (const { name, fits, isRequired } of checks) {
      const field = value[name];
      if (field === undefined ? isRequired : !fits(field)) return false;
    }
    return true;
  }

  #fitsAny(node: AnswerNode, place: Place, value: JsonObject): boolean {
    place.open ??= this.#openChecks(node);
    return place.open.every(({ name, fits }) => {
      const field = value[name];
      return field === undefined || fits.some(one => one(field));
    });
  }

  #placeOf(node: AnswerNode): Place {
    const known = this.#places.get(node);
    if (known !== undefined) return known;
    const { types } = node;
    const only = types.size === 1 ? [...types][0] : undefined;
    const typenames = typenamesOf(node);
    const isOfAll = (name: string): boolean =>
      node.fields.get(name)?.selections.some(selection => selection.types.size === types.size) === true;
    const isTold = this.#isWhole && only === undefined && typenames.some(isOfAll);
    const place: Place = { types, only, typenames, isTold, checks: new Map(), open: null };
    this.#places.set(node, place);
    return place;
  }

  /** Undefined where it is not told; null where the object is of no type that may be here. */
  #typeOf({ types, only, typenames, isTold }: Place, object: JsonObject): string | undefined | null {
    let isUntold = isTold;
    for (const name of typenames) {
      const told = object[name];
      if (told === undefined) continue;
      if (typeof told !== 'string') return null;
      isUntold = false;
      if (types.has(told)) return told;
      // The subgraph of an `@interfaceObject` knows no more than the interface.
      const type = this.#schema.getType(told);
      if (!isAbstractType(type)) return null;
      if (!this.#schema.getPossibleTypes(type).some(possible => types.has(possible.name))) return null;
    }
    return isUntold ? null : only;
  }

  #checksOf(node: AnswerNode, typeName: string): readonly FieldCheck[] {
    return [...node.fields].flatMap(([name, { selections, node: below }]) => {
      const field = selections.find(({ types }) => types.has(typeName))?.field;
      const type = field === undefined ? undefined : this.#typeOfField(typeName, field);
      if (type === undefined) return [];
      const isRequired = this.#isWhole && isNonNullType(type);
      return [{ name, fits: this.#compile(type, below), isRequired }];
    });
  }

  #openChecks(node: AnswerNode): readonly OpenCheck[] {
    return [...node.fields].map(([name, { selections, node: below }]) => {
      const types = new Map<string, GraphQLOutputType>();
      for (const selection of selections)
        for (const typeName of selection.types) {
          const type = this.#typeOfField(typeName, selection.field);
          if (type !== undefined) types.set(String(type), type);
        }
      const fits = [...types.values()].map(type => this.#compile(type, below));
      return { name, fits: fits.length === 0 ? [ANYTHING] : fits };
    });
  }

  /** Names of types have been looked at, and there are fields that are in no schema. */
  #typeOfField(typeName: string, field: string): GraphQLOutputType | undefined {
    const type = this.#schema.getType(typeName);
    return isObjectType(type) ? type.getFields()[field]?.type : undefined;
  }

  #compile(type: GraphQLOutputType, node: AnswerNode | null): FitsSelection {
    if (isNonNullType(type)) {
      const fits = this.#compile(type.ofType, node);
      return value => value !== null && fits(value);
    }
    if (isListType(type)) {
      const fits = this.#compile(type.ofType, node);
      return value => value === null || (Array.isArray(value) && value.every(fits));
    }
    if (!isCompositeType(type)) {
      const fits = compileFitsLeaf(type);
      return value => value === null || fits(value);
    }
    return value => value === null || (node === null ? isJsonObject(value) : this.fits(node, value));
  }
}

const ANYTHING: FitsSelection = () => true;
