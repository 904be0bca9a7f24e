import { type DocumentNode, Kind, parse, print, type SelectionNode, type SelectionSetNode } from 'graphql';
import { responseKeyOf } from '../../../shared/response-key-of.ts';
import { readFetchedFields } from '../../compile/fetched-fields.ts';
import { type ExecutionPlan, fetchesOf } from '../../plan.ts';
import type { PlannableOperation } from '../planner.ts';

type PlanOne = (operation: PlannableOperation) => Promise<ExecutionPlan | null>;

/**
 * Plans a mutation so that all of one root field is fetched before the next begins (GraphQL spec 6.2.2). The
 * native planner runs the next one beside the entity fetches of those before it, which then read what the
 * next one has already changed.
 */
export async function planSerially(
  operation: PlannableOperation,
  planOne: PlanOne,
): Promise<ExecutionPlan | null> {
  const whole = await planOne(operation);
  const steps = mutationSteps(whole);
  if (steps === null) return whole;
  const nodes = await Promise.all(
    steps.map(keys => planOne({ ...operation, text: selectRootFields(operation.text, keys) })),
  );
  return { kind: 'sequence', nodes: nodes.filter(node => node !== null) };
}

/** Response keys of the root fields that go to a subgraph together; null when the plan is in order as it is. */
function mutationSteps(plan: ExecutionPlan | null): readonly ReadonlySet<string>[] | null {
  const fetches = [...fetchesOf(plan)];
  const mutations = fetches.filter(({ operationKind }) => operationKind === 'mutation');
  if (mutations.length < 2 || mutations.length === fetches.length) return null;
  return mutations.map(fetch => new Set(readFetchedFields(fetch).keysOf(null)));
}

function selectRootFields(text: string, keys: ReadonlySet<string>): string {
  const document = parse(text, { noLocation: true });
  const root = document.definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  if (root === undefined) return text;
  return print(new RootSelection(document, keys).select(root));
}

type Operation = Extract<DocumentNode['definitions'][number], { kind: Kind.OPERATION_DEFINITION }>;

class RootSelection {
  readonly #document: DocumentNode;
  readonly #keys: ReadonlySet<string>;

  constructor(document: DocumentNode, keys: ReadonlySet<string>) {
    this.#document = document;
    this.#keys = keys;
  }

  select(root: Operation): DocumentNode {
    const kept: Operation = { ...root, selectionSet: this.#set(root.selectionSet) };
    return {
      ...this.#document,
      definitions: this.#document.definitions.map(definition => (definition === root ? kept : definition)),
    };
  }

  /** Fragments at the root become inline ones, as each step keeps another part of them. */
  #set(set: SelectionSetNode): SelectionSetNode {
    return { ...set, selections: set.selections.flatMap(selection => this.#selection(selection)) };
  }

  #selection(selection: SelectionNode): SelectionNode[] {
    if (selection.kind === Kind.FIELD) {
      return this.#keys.has(responseKeyOf(selection)) ? [selection] : [];
    }
    const selectionSet = this.#set(this.#fragmentSet(selection));
    if (selectionSet.selections.length === 0) return [];
    return [{ kind: Kind.INLINE_FRAGMENT, directives: selection.directives ?? [], selectionSet }];
  }

  #fragmentSet(selection: Exclude<SelectionNode, { kind: Kind.FIELD }>): SelectionSetNode {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet;
    const fragment = this.#document.definitions.find(
      definition =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    );
    return fragment !== undefined && 'selectionSet' in fragment
      ? fragment.selectionSet
      : { kind: Kind.SELECTION_SET, selections: [] };
  }
}
