import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { SelectedOperation } from '../../policy/field-places.ts';
import { type TypeSet, TypeSets } from './type-sets.ts';

/** Objects at a place of an answer, as it says by itself what they are. */
export interface AnswerNode {
  /** What they may be. */
  readonly types: ReadonlySet<string>;
  /** By the name in the answer. */
  readonly fields: ReadonlyMap<string, AnswerField>;
}

export interface AnswerField {
  /** All that is selected under this name: what it is, and of which types of object. */
  readonly selections: readonly { readonly field: string; readonly types: ReadonlySet<string> }[];
  /** What it answers with, of whichever selection that is; null: no objects. */
  readonly node: AnswerNode | null;
}

/** An operation whose fragments multiply beyond this. */
export class TooManySelections extends Error {}

const MAX_STEPS = 50_000;
const DEEPEST = 100;

/** A selection set, and of what the objects are that it is on. */
interface Part {
  readonly set: SelectionSetNode;
  readonly on: GraphQLCompositeType;
  readonly types: TypeSet;
}

interface Collected {
  readonly node: FieldNode;
  readonly types: TypeSet;
  /** Null: no object. */
  readonly answer: GraphQLCompositeType | null;
}

/** What is selected on objects of a type. */
export interface AnswerSelection {
  /** With its fragments. */
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema;
  readonly type: GraphQLCompositeType;
  readonly set: SelectionSetNode;
}

/** Null where there is no such root. */
export function selectionOf({ document, definition, schema }: SelectedOperation): AnswerSelection | null {
  const type = schema.getRootType(definition.operation);
  return type ? { document, schema, type, set: definition.selectionSet } : null;
}

/**
 * The places of a selection's answers. Those that select the same are one, so there are about as many as selections,
 * however often fragments are spread. Conditions of `@skip` and `@include` are left out: the answer shows what is there.
 * @throws TooManySelections
 */
export function answerNodes(selection: AnswerSelection): AnswerNode {
  const { type, set } = selection;
  const compiler = new NodeCompiler(selection);
  return compiler.node([{ set, on: type, types: compiler.sets.of(type) }], 0);
}

/** Where an object's type is told, whatever it is. */
export function typenamesOf({ fields }: AnswerNode): readonly string[] {
  return [...fields].flatMap(([name, { selections }]) =>
    selections.every(({ field }) => field === '__typename') ? [name] : [],
  );
}

class NodeCompiler {
  readonly sets: TypeSets;
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #ids = new Map<FieldNode, number>();
  readonly #nodes = new Map<string, AnswerNode>();
  #steps = 0;

  constructor({ document, schema }: { readonly document: DocumentNode; readonly schema: GraphQLSchema }) {
    this.sets = new TypeSets(schema);
    this.#schema = schema;
    this.#fragments = new Map(
      document.definitions.flatMap(node =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
      ),
    );
  }

  node(parts: readonly Part[], depth: number): AnswerNode {
    if (depth > DEEPEST) throw new TooManySelections();
    const types = this.sets.union(parts.map(part => part.types));
    const collected = this.#collect(parts);
    const key = `${types.id} ${collected.map(one => `${this.#idOf(one.node)}.${one.types.id}`).sort()}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const named = new Map<string, Collected[]>();
    for (const one of collected) {
      const name = (one.node.alias ?? one.node.name).value;
      named.set(name, [...(named.get(name) ?? []), one]);
    }
    const fields = new Map([...named].map(([name, same]) => [name, this.#field(same, depth)]));
    const node = Object.freeze({ types: types.names, fields });
    this.#nodes.set(key, node);
    return node;
  }

  #field(same: readonly Collected[], depth: number): AnswerField {
    const selections = same.map(({ node, types }) => ({ field: node.name.value, types: types.names }));
    const parts = same.flatMap(({ node: { selectionSet: set }, answer }) =>
      set === undefined || answer === null ? [] : [{ set, on: answer, types: this.sets.of(answer) }],
    );
    return Object.freeze({ selections, node: parts.length === 0 ? null : this.node(parts, depth + 1) });
  }

  #collect(parts: readonly Part[]): readonly Collected[] {
    const found: Collected[] = [];
    const seen = new Set<string>();
    const pending = [...parts];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const selection of next.set.selections) {
        if (++this.#steps > MAX_STEPS) throw new TooManySelections();
        if (selection.kind === Kind.FIELD) {
          const { types, on } = next;
          const passage = `${this.#idOf(selection)}.${types.id}`;
          if (!seen.has(passage))
            found.push({ node: selection, types, answer: this.#answerOf(on, selection) });
          seen.add(passage);
          continue;
        }
        const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
        const fragment = isSpread ? this.#fragments.get(selection.name.value) : selection;
        const on = this.#schema.getType(fragment?.typeCondition?.name.value ?? next.on.name);
        if (fragment === undefined || !isCompositeType(on)) continue;
        const types = this.sets.narrow(next.types, on);
        if (types === null) continue;
        const passage = `${isSpread ? selection.name.value : ''} ${types.id}`;
        if (isSpread && seen.has(passage)) continue;
        seen.add(passage);
        pending.push({ set: fragment.selectionSet, on, types });
      }
    }
    return found;
  }

  #answerOf(on: GraphQLCompositeType, node: FieldNode): GraphQLCompositeType | null {
    if (isUnionType(on)) return null;
    const type = getNamedType(on.getFields()[node.name.value]?.type);
    return isCompositeType(type) ? type : null;
  }

  #idOf(node: FieldNode): number {
    const id = this.#ids.get(node) ?? this.#ids.size;
    this.#ids.set(node, id);
    return id;
  }
}
