import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ListSize } from '../../supergraph/cost-directives.ts';
import { Collector, inclusionOf, type Occurrence, type Part, partsOf } from './collect.ts';
import { Conditions, type Inclusion } from './condition.ts';
import { Expression, saturate, type Term, UNKNOWN } from './expression.ts';
import { argumentsTerm, type OperationScope, variableDefaults } from './input-cost.ts';
import { slicedSize } from './list-size.ts';
import type { CostModel, FieldCosts } from './model.ts';

export interface CostedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
}

/** A field as one type of object answers it. */
export interface CostedField {
  readonly node: FieldNode;
  readonly costs: FieldCosts;
  readonly inclusion: Inclusion;
  /** How many values it has. */
  readonly size: Term;
  /** Points of each value, without what is selected of it and without its type, if that is counted below. */
  readonly unit: number;
  readonly argumentCost: Term;
  /** Null for leaves. */
  readonly below: Selection | null;
}

/** What one type of object answers. */
export interface Variant {
  /** Weight of the type, where that of the field above does not take its place. */
  readonly typeCost: number;
  readonly introspectionCost: Term;
  /** Of one object: all of it. */
  readonly cost: Term;
  readonly fields: readonly CostedField[];
}

/** Everything that is selected of the objects in one place, or in several where the same is selected. */
export interface Selection {
  readonly variants: readonly Variant[];
  /** Of the object that costs most. */
  readonly cost: Term;
}

export interface CostGraph {
  readonly expression: Expression;
  readonly scope: OperationScope;
  readonly root: Selection;
  /** Those below come before those above. */
  readonly selections: readonly Selection[];
  /** Coordinates of lists that nothing bounds. */
  readonly unboundedLists: ReadonlySet<string>;
  /** Whether some field requires that exactly one slicing argument is given. */
  readonly requiresSlicing: boolean;
}

/** Introspection has a bound of its own; here it costs what an object does. */
const INTROSPECTION_WEIGHT = 1;

const NOTHING: Selection = Object.freeze({ variants: [], cost: 0 });

/** A list size of the field above that is meant for fields of the object it returns. */
interface SizeFromAbove {
  readonly listSize: ListSize;
  readonly size: Term;
}

interface KnownPlace {
  readonly place: Place;
  selection: Selection;
}

interface Place {
  readonly type: GraphQLNamedType;
  readonly parts: readonly Part[];
  readonly countsType: boolean;
  readonly above: SizeFromAbove | null;
}

/**
 * The cost of a validated operation as a graph that shares what is selected in several places, so that its size
 * is that of the document and not that of what fragments expand to.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function buildCostGraph(operation: CostedOperation, model: CostModel): CostGraph {
  return new GraphBuilder(operation, model).build();
}

class GraphBuilder {
  readonly #operation: CostedOperation;
  readonly #model: CostModel;
  readonly #expression = new Expression();
  readonly #scope: OperationScope;
  readonly #collector: Collector;
  readonly #known = new Map<SelectionSetNode, KnownPlace[]>();
  readonly #sizes = new Map<FieldNode, Map<FieldCosts, Term>>();
  readonly #selections: Selection[] = [];
  readonly #unbounded = new Set<string>();
  #requiresSlicing = false;

  constructor(operation: CostedOperation, model: CostModel) {
    this.#operation = operation;
    this.#model = model;
    const defaultOf = variableDefaults(operation.definition);
    this.#scope = { model, expression: this.#expression, defaultOf };
    const conditions = new Conditions(name => defaultOf(name) === true);
    this.#collector = new Collector(fragmentsOf(operation.document), conditions);
  }

  build(): CostGraph {
    const { operation, selectionSet } = this.#operation.definition;
    const type = this.#model.schema.getRootType(operation);
    const parts = [{ set: selectionSet, when: null }];
    const root: Selection = type ? this.#selection({ type, parts, countsType: false, above: null }) : NOTHING;
    return {
      expression: this.#expression,
      scope: this.#scope,
      root,
      selections: this.#selections,
      unboundedLists: this.#unbounded,
      requiresSlicing: this.#requiresSlicing,
    };
  }

  #selection(place: Place): Selection {
    const [first] = place.parts;
    if (first === undefined) return NOTHING;
    let known = this.#known.get(first.set);
    if (known === undefined) {
      known = [];
      this.#known.set(first.set, known);
    }
    for (const other of known) if (isSame(other.place, place)) return other.selection;
    // Fragments that spread themselves are refused before, but must not go on for ever here.
    const entry: KnownPlace = { place, selection: NOTHING };
    known.push(entry);
    const variants = this.#model.possibleTypes(place.type).map(name => this.#variant(name, place));
    const cost = this.#expression.max(variants.map(variant => variant.cost));
    const selection = { variants, cost };
    entry.selection = selection;
    this.#selections.push(selection);
    return selection;
  }

  #variant(typeName: string, { parts, countsType, above }: Place): Variant {
    const fields: CostedField[] = [];
    const typeCost = countsType ? this.#model.typeWeight(typeName) : 0;
    const terms: Term[] = [typeCost];
    let introspectionCost: Term = 0;
    for (const occurrence of this.#collector.fields(parts, this.#model.namesOf(typeName)).values()) {
      const name = occurrence.node.name.value;
      const costs = this.#model.field(typeName, name);
      if (costs !== null) {
        const field = this.#field(occurrence, costs, above);
        fields.push(field);
        terms.push(fieldCost(this.#expression, field));
      } else if (name !== '__typename') {
        const cost = this.#expression.when(inclusionOf(occurrence), INTROSPECTION_WEIGHT);
        introspectionCost = this.#expression.plus(introspectionCost, cost);
      }
    }
    terms.push(introspectionCost);
    return { typeCost, introspectionCost, cost: this.#expression.sum(terms), fields };
  }

  #field(occurrence: Occurrence, costs: FieldCosts, above: SizeFromAbove | null): CostedField {
    const { node } = occurrence;
    const { weight, type, isComposite, listSize } = costs;
    if (listSize?.requireOneSlicingArgument && listSize.slicingArguments.length > 0)
      this.#requiresSlicing = true;
    const below = isComposite
      ? this.#selection({
          type,
          parts: partsOf(occurrence),
          countsType: weight === null,
          above: this.#sizeForBelow(costs, node),
        })
      : null;
    const unit = weight ?? (isComposite ? 0 : this.#model.typeWeight(type.name));
    const isFree = unit === 0 && (below === null || below.cost === 0);
    return {
      node,
      costs,
      inclusion: inclusionOf(occurrence),
      // How long a list of nothing is need not be known, except by those who count calls.
      size: costs.listDepth === 0 ? 1 : this.#size(costs, node, { above, isFree }),
      unit,
      argumentCost: argumentsTerm(this.#scope, costs, node),
      below,
    };
  }

  #size(costs: FieldCosts, node: FieldNode, place: { above: SizeFromAbove | null; isFree: boolean }): Term {
    const { defaultListSize } = this.#model;
    const { above, isFree } = place;
    const isAnnounced = above?.listSize.sizedFields.includes(node.name.value) === true;
    const own = this.#ownSize(costs, node);
    const size = isAnnounced ? this.#expression.known(above.size, own) : own;
    if (size === UNKNOWN && !isFree) this.#unbounded.add(costs.coordinate);
    // Lists within the list are as long as nobody knows.
    const inner = saturate(defaultListSize ** (costs.listDepth - 1));
    return this.#expression.product(this.#expression.known(size, defaultListSize), inner);
  }

  #sizeForBelow(costs: FieldCosts, node: FieldNode): SizeFromAbove | null {
    const { listSize } = costs;
    if (listSize === null || listSize.sizedFields.length === 0) return null;
    return { listSize, size: this.#ownSize(costs, node) };
  }

  /** The same term each time, by which selections below are known to be the same. */
  #ownSize(costs: FieldCosts, node: FieldNode): Term {
    const { listSize } = costs;
    if (listSize === null) return UNKNOWN;
    if (listSize.slicingArguments.length === 0) return listSize.assumedSize ?? UNKNOWN;
    let sizes = this.#sizes.get(node);
    if (sizes === undefined) {
      sizes = new Map();
      this.#sizes.set(node, sizes);
    }
    const known = sizes.get(costs);
    if (known !== undefined) return known;
    const size = this.#expression.known(
      slicedSize(this.#scope, costs, node),
      listSize.assumedSize ?? UNKNOWN,
    );
    sizes.set(costs, size);
    return size;
  }
}

/** n × (its own weight + what is selected) + arguments, where it is included. */
function fieldCost(expression: Expression, field: CostedField): Term {
  const { unit, below, size, argumentCost, inclusion } = field;
  const each = below === null ? unit : expression.plus(unit, below.cost);
  return expression.when(inclusion, expression.plus(expression.product(size, each), argumentCost));
}

function isSame(a: Place, b: Place): boolean {
  return (
    a.type === b.type &&
    a.countsType === b.countsType &&
    a.above?.listSize === b.above?.listSize &&
    a.above?.size === b.above?.size &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, index) => part.set === b.parts[index]?.set && part.when === b.parts[index]?.when)
  );
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}
