import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../errors.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { Conjunction, Inclusion, VariableTest } from './shape.ts';

/** A selection set of the document and when it takes part. */
export interface Part {
  readonly set: SelectionSetNode;
  readonly when: Inclusion;
}

export interface CollectedField {
  readonly node: FieldNode;
  readonly inclusion: Inclusion;
  /** Every place that selects the field. */
  readonly places: readonly Occurrence[];
  /** Selection sets of every place that selects the field, each with its own condition. */
  readonly parts: readonly Part[];
}

interface CollectOptions {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Whether a type condition holds for the type that fields are collected for. */
  readonly applies: (typeCondition: string) => boolean;
}

/** Steps one selection may take: conditions can multiply, and every step costs memory. */
const MAX_STEPS = 100_000;

/** One place that selects a field; without tests it always does. */
export interface Occurrence {
  readonly node: FieldNode;
  readonly tests: Conjunction;
}

/** CollectFields of the GraphQL spec (6.3.2), with variable conditions kept as data instead of decided. */
export function collectFields(
  parts: readonly Part[],
  options: CollectOptions,
): ReadonlyMap<string, CollectedField> {
  const occurrences = new Map<string, Occurrence[]>();
  const visited = new Set<string>();
  let steps = 0;

  const visit = (set: SelectionSetNode, tests: Conjunction): void => {
    for (const selection of set.selections) {
      if (++steps > MAX_STEPS) throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED');
      const all = withConditions(tests, selection.directives ?? []);
      if (all === null) continue;
      if (selection.kind === Kind.FIELD) {
        const key = responseKeyOf(selection);
        const places = occurrences.get(key);
        if (places === undefined) occurrences.set(key, [{ node: selection, tests: all }]);
        else places.push({ node: selection, tests: all });
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : options.fragments.get(selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      if (fragment === undefined || (condition !== undefined && !options.applies(condition))) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const passage = `${selection.name.value} ${JSON.stringify(all)}`;
        if (visited.has(passage)) continue;
        visited.add(passage);
      }
      visit(fragment.selectionSet, all);
    }
  };

  for (const part of parts) for (const tests of part.when ?? [[]]) visit(part.set, tests);
  return new Map([...occurrences].map(([key, places]) => [key, mergeOccurrences(places)]));
}

function mergeOccurrences(places: readonly Occurrence[]): CollectedField {
  const [first] = places as [Occurrence];
  const always = places.some(place => place.tests.length === 0);
  // One place alone: whoever reads its children has already checked its condition.
  const conditional = places.length > 1 && places.some(place => place.tests.length > 0);
  const parts: Part[] = [];
  const seen = new Map<SelectionSetNode, Set<string>>();
  for (const { node, tests } of places) {
    if (node.selectionSet === undefined) continue;
    const when: Inclusion = conditional && tests.length > 0 ? [tests] : null;
    const condition = JSON.stringify(when);
    const conditions = seen.get(node.selectionSet) ?? new Set();
    if (!conditions.has(condition)) parts.push({ set: node.selectionSet, when });
    seen.set(node.selectionSet, conditions.add(condition));
  }
  return {
    node: first.node,
    places,
    inclusion: always ? null : places.map(place => place.tests),
    parts,
  };
}

/** The conditions so far and those of `@skip`/`@include` here; null when they cannot all hold. */
function withConditions(tests: Conjunction, directives: readonly DirectiveNode[]): Conjunction | null {
  let all = tests;
  for (const directive of directives) {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') continue;
    const condition = directive.arguments?.find(argument => argument.name.value === 'if')?.value;
    if (condition?.kind === Kind.BOOLEAN) {
      if (condition.value === (name === 'skip')) return null;
    } else if (condition?.kind === Kind.VARIABLE) {
      const test: VariableTest = { variable: condition.name.value, equals: name === 'include' };
      const same = all.find(known => known.variable === test.variable);
      if (same !== undefined && same.equals !== test.equals) return null;
      if (same === undefined) all = [...all, test];
    }
  }
  return all;
}
