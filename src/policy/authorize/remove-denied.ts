import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { DeniedField } from '../../http/bound-operation.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';

interface RemoveInput {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly schema: GraphQLSchema;
  /** The denied fields, each with the check that said no. */
  readonly denied: ReadonlyMap<FieldNode, number>;
}

/** Reasons one lost object is told with: a client that lost it for ten is not helped by the eleventh. */
const MAX_REASONS = 10;

const NONE: readonly DeniedField[] = [];

/**
 * What goes when some fields are denied: those fields, and everything that could only come out as null for it
 * (null propagation, GraphQL spec 6.4.4, done ahead), so that no subgraph is asked for what nobody will see
 * and no mutation is run whose result could not be given. Lists stay, as an empty one loses nothing.
 */
export function removeDenied(input: RemoveInput): ReadonlyMap<FieldNode, readonly DeniedField[]> {
  return new Removal(input).run();
}

class Removal {
  readonly #input: RemoveInput;
  readonly #removed = new Map<FieldNode, readonly DeniedField[]>();
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #lostByFragment = new Map<string, readonly DeniedField[]>();

  constructor(input: RemoveInput) {
    this.#input = input;
    for (const definition of input.document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
  }

  run(): ReadonlyMap<FieldNode, readonly DeniedField[]> {
    const { definition, schema } = this.#input;
    const root = schema.getRootType(definition.operation);
    if (!root) return this.#removed;
    const isLost = this.#set(definition.selectionSet, root).length > 0;
    const places = this.#rootPlaces(definition.selectionSet);
    const lost = new Set<string>();
    for (const [node, when] of places)
      if (when === 'always' && this.#removed.has(node)) lost.add(responseKeyOf(node));
    // Fields of one response key are one field: a mutation is not run for the half that could be given.
    for (const [node] of places)
      if ((isLost || lost.has(responseKeyOf(node))) && !this.#removed.has(node))
        this.#removed.set(node, NONE);
    return this.#removed;
  }

  /** @returns why an object with this selection cannot be given at all; empty when it can. */
  #set({ selections }: SelectionSetNode, type: GraphQLCompositeType): readonly DeniedField[] {
    const reasons: DeniedField[] = [];
    for (const selection of selections) {
      const when = whenSelected(selection.directives ?? []);
      if (when === 'never') continue;
      const lost = this.#selection(selection, type);
      if (when === 'always') reasons.push(...lost);
    }
    return reasons.length > 1 ? distinct(reasons).slice(0, MAX_REASONS) : reasons;
  }

  #selection(selection: SelectionNode, type: GraphQLCompositeType): readonly DeniedField[] {
    if (selection.kind === Kind.FIELD) return this.#field(selection, type);
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
    if (fragment === undefined) return NONE;
    const condition = fragment.typeCondition?.name.value ?? type.name;
    const lost =
      selection.kind === Kind.INLINE_FRAGMENT
        ? this.#fragment(fragment.selectionSet, condition)
        : this.#named(selection.name.value, fragment.selectionSet, condition);
    return this.#covers(condition, type) ? lost : NONE;
  }

  #named(name: string, set: SelectionSetNode, condition: string): readonly DeniedField[] {
    const known = this.#lostByFragment.get(name);
    if (known !== undefined) return known;
    this.#lostByFragment.set(name, NONE);
    const lost = this.#fragment(set, condition);
    this.#lostByFragment.set(name, lost);
    return lost;
  }

  #fragment(set: SelectionSetNode, condition: string): readonly DeniedField[] {
    const type = this.#input.schema.getType(condition);
    return isCompositeType(type) ? this.#set(set, type) : NONE;
  }

  /** Whether a type condition holds for every object of a type. */
  #covers(condition: string, type: GraphQLCompositeType): boolean {
    if (condition === type.name) return true;
    const wider = this.#input.schema.getType(condition);
    if (!isAbstractType(wider) || !(isObjectType(type) || isInterfaceType(type))) return false;
    return this.#input.schema.isSubType(wider, type);
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): readonly DeniedField[] {
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (field === undefined) return NONE;
    const type = getNamedType(field.type);
    const below =
      node.selectionSet !== undefined && isCompositeType(type) ? this.#set(node.selectionSet, type) : NONE;
    const check = this.#input.denied.get(node);
    const isList = isListType(getNullableType(field.type));
    const lost = check === undefined ? (isList ? NONE : below) : [{ path: [], check }];
    if (lost.length === 0) return NONE;
    this.#removed.set(node, lost);
    if (!isNonNullType(field.type)) return NONE;
    return lost.map(({ path, check: by }) => ({ path: [responseKeyOf(node), ...path], check: by }));
  }

  /** The fields of the root, each with whether it is always asked for there. */
  #rootPlaces(root: SelectionSetNode): ReadonlyMap<FieldNode, 'always' | 'sometimes'> {
    const places = new Map<FieldNode, 'always' | 'sometimes'>();
    const pending: [SelectionSetNode, 'always' | 'sometimes'][] = [[root, 'always']];
    const seen = { always: new Set<SelectionSetNode>(), sometimes: new Set<SelectionSetNode>() };
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [set, above] = next;
      if (seen[above].has(set)) continue;
      seen[above].add(set);
      for (const selection of set.selections) {
        const own = whenSelected(selection.directives ?? []);
        if (own === 'never') continue;
        const when = above === 'always' ? own : above;
        if (selection.kind === Kind.FIELD) {
          if (places.get(selection) !== 'always') places.set(selection, when);
          continue;
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
        if (fragment !== undefined) pending.push([fragment.selectionSet, when]);
      }
    }
    return places;
  }
}

function distinct(reasons: readonly DeniedField[]): readonly DeniedField[] {
  return [...new Map(reasons.map(reason => [JSON.stringify(reason.path), reason])).values()];
}

function whenSelected(directives: readonly DirectiveNode[]): 'always' | 'sometimes' | 'never' {
  let when: 'always' | 'sometimes' = 'always';
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const condition = given?.find(argument => argument.name.value === 'if')?.value;
    if (condition?.kind !== Kind.BOOLEAN) when = 'sometimes';
    else if (condition.value === (name.value === 'skip')) return 'never';
  }
  return when;
}
