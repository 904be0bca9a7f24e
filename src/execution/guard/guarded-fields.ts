import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { FetchPlan } from '../plan.ts';
import { fieldsInOrder } from './cut-fields.ts';
import type { FieldBreaker } from './field-breaker.ts';
import { compileFitsType, type FitsType } from './fits-type.ts';
import type { FallbackPlan, Guarding } from './guarding.ts';

/** A field of a fetch that has a breaker or a fallback. */
export interface GuardedField {
  readonly coordinate: string;
  readonly breaker: FieldBreaker | null;
  readonly fallback: FallbackPlan | null;
  /** The entity group that asks for it; null in a root fetch. */
  readonly alias: string | null;
  /** Response keys from the root, or from the entity, to the field; one where the plan enters the subgraph. */
  readonly path: readonly string[];
  /** Type that an entity must be of to have it; null: any. */
  readonly entityType: string | null;
  /** Among all fields of the operation, as they are written. */
  readonly position: number;
  /** Whether its subgraph may answer this; null: nobody looks. */
  readonly fits: FitsType | null;
}

/** One of them with its place in the parsed operation, which is forgotten when the plan is compiled. */
export interface FoundField {
  readonly field: GuardedField;
  readonly node: FieldNode;
}

/** Fields of one fetch that are looked at: documents of clients can make a fetch as wide as they may be long. */
const MAX_GUARDED = 500;

/** Finds the guarded fields of a fetch's operation; done once, when its plan is compiled. */
export function guardedFields(
  fetch: FetchPlan,
  document: DocumentNode,
  guarding: Guarding,
): readonly FoundField[] {
  const operation = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) return [];
  const found: FoundField[] = [];
  const finder = new FieldFinder(fetch.subgraph, document, { guarding, found });
  if (fetch.target.kind === 'root') {
    const root = guarding.schema.getRootType(operation.operation);
    finder.visit(operation.selectionSet, root, { alias: null, path: [], entityType: null });
    return found;
  }
  for (const { alias } of fetch.target.groups) {
    const entities = operation.selectionSet.selections.find(
      node => node.kind === Kind.FIELD && responseKeyOf(node) === alias,
    );
    if (entities?.kind !== Kind.FIELD || entities.selectionSet === undefined) continue;
    finder.visit(entities.selectionSet, undefined, { alias, path: [], entityType: null });
  }
  return found;
}

interface Place {
  readonly alias: string | null;
  readonly path: readonly string[];
  readonly entityType: string | null;
}

interface FinderOptions {
  readonly guarding: Guarding;
  readonly found: FoundField[];
}

class FieldFinder {
  readonly #subgraph: string;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #options: FinderOptions;
  readonly #positions: ReadonlyMap<FieldNode, number>;

  constructor(subgraph: string, document: DocumentNode, options: FinderOptions) {
    this.#subgraph = subgraph;
    this.#options = options;
    this.#positions = new Map(fieldsInOrder(document).map((node, position) => [node, position]));
    const fragments = document.definitions.filter(node => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map(fragment => [fragment.name.value, fragment]));
  }

  visit(set: SelectionSetNode, parent: GraphQLNamedType | undefined | null, place: Place): void {
    const { schema } = this.#options.guarding;
    for (const node of set.selections) {
      if (this.#options.found.length >= MAX_GUARDED) return;
      if (node.kind === Kind.FIELD) {
        this.#field(node, parent, place);
        continue;
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : schema.getType(condition);
      const isEntity = place.path.length === 0 && place.alias !== null && condition !== undefined;
      this.visit(fragment.selectionSet, type, isEntity ? { ...place, entityType: condition } : place);
    }
  }

  #field(node: FieldNode, parent: GraphQLNamedType | undefined | null, place: Place): void {
    const name = node.name.value;
    if (name.startsWith('__') || parent === undefined || parent === null) return;
    const coordinate = `${parent.name}.${name}`;
    const isEntry = place.path.length === 0;
    const path = [...place.path, responseKeyOf(node)];
    const { guarding, found } = this.#options;
    const breaker = guarding.breakerOf({ subgraph: this.#subgraph, coordinate, isEntry });
    const fallback = guarding.fallbackOf(coordinate);
    const type = typeOfField(parent, name);
    // Where the plan enters the subgraph it costs next to nothing to look.
    const fits = isEntry && type !== undefined ? compileFitsType(type) : null;
    if (breaker !== null || fallback !== null) {
      const position = this.#positions.get(node) ?? -1;
      found.push({ field: { ...place, coordinate, breaker, fallback, path, position, fits }, node });
    }
    const below = type === undefined ? undefined : guarding.schema.getType(getNamedType(type).name);
    if (node.selectionSet !== undefined && below !== undefined)
      this.visit(node.selectionSet, below, { ...place, path });
  }
}

function typeOfField(parent: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined;
}
