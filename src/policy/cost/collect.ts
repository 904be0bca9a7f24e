import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { Condition, Conditions, Inclusion } from './condition.ts';

/** A selection set of the document and when it takes part; null: always. */
export interface Part {
  readonly set: SelectionSetNode;
  readonly when: Condition | null;
}

/** A place that selects a field, and the other places that do so under the same response key. */
export interface Occurrence {
  readonly node: FieldNode;
  readonly when: Condition | null;
  more: Occurrence | null;
}

/** What is selected of one object. */
interface Level {
  /** Type conditions that hold. */
  readonly names: ReadonlySet<string>;
  readonly found: Map<string, Occurrence>;
  visited: Map<FragmentDefinitionNode, Set<Condition | null>> | null;
}

/** Selections that may be looked at for one operation. Those that come again are merged and looked at once. */
const MAX_STEPS = 200_000;

/** CollectFields of the GraphQL spec (6.3.2) with conditions on variables left open. */
export class Collector {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #conditions: Conditions;
  #steps = 0;

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, conditions: Conditions) {
    this.#fragments = fragments;
    this.#conditions = conditions;
  }

  /**
   * The fields by response key.
   * @param names type conditions that hold.
   * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
   */
  fields(parts: readonly Part[], names: ReadonlySet<string>): ReadonlyMap<string, Occurrence> {
    const found = new Map<string, Occurrence>();
    const level: Level = { names, found, visited: null };
    for (const { set, when } of parts) this.#visit(set, when, level);
    return found;
  }

  #visit(set: SelectionSetNode, when: Condition | null, level: Level): void {
    for (const selection of set.selections) {
      this.#step();
      const { directives } = selection;
      const all = directives?.length ? this.#conditions.at(when, directives) : when;
      if (all === 'never') continue;
      if (selection.kind === Kind.FIELD) {
        add(level.found, selection, all);
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = isSpread ? this.#fragments.get(selection.name.value) : selection;
      if (fragment === undefined) continue;
      const condition = fragment.typeCondition?.name.value;
      if (condition !== undefined && !level.names.has(condition)) continue;
      if (fragment.kind === Kind.FRAGMENT_DEFINITION && !isNew(level, fragment, all)) continue;
      this.#visit(fragment.selectionSet, all, level);
    }
  }

  #step(): void {
    if (++this.#steps <= MAX_STEPS) return;
    throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
      message: `The cost of the operation takes more than ${MAX_STEPS} steps to work out. Send a smaller one.`,
    });
  }
}

function add(found: Map<string, Occurrence>, node: FieldNode, when: Condition | null): void {
  const key = (node.alias ?? node.name).value;
  const first = found.get(key);
  if (first === undefined) found.set(key, { node, when, more: null });
  else first.more = { node, when, more: first.more };
}

/** A fragment that took part without condition adds nothing under one. */
function isNew(level: Level, fragment: FragmentDefinitionNode, when: Condition | null): boolean {
  const visited = level.visited ?? new Map();
  level.visited = visited;
  const under = visited.get(fragment);
  if (under === undefined) visited.set(fragment, new Set([when]));
  else if (under.has(when) || under.has(null)) return false;
  else under.add(when);
  return true;
}

/** Null if one of the places is always there. */
export function inclusionOf(occurrence: Occurrence): Inclusion {
  const conditions: Condition[] = [];
  for (let place: Occurrence | null = occurrence; place !== null; place = place.more) {
    if (place.when === null) return null;
    if (!conditions.includes(place.when)) conditions.push(place.when);
  }
  return conditions;
}

/** The selection sets of all places, each once. */
export function partsOf(occurrence: Occurrence): readonly Part[] {
  const { node, more } = occurrence;
  // Who reads the parts of a single place has asked already whether the field is included.
  if (more === null) return node.selectionSet === undefined ? [] : [{ set: node.selectionSet, when: null }];
  const parts: Part[] = [];
  const seen = new Map<SelectionSetNode, Set<Condition | null>>();
  for (let place: Occurrence | null = occurrence; place !== null; place = place.more) {
    const set = place.node.selectionSet;
    if (set === undefined) continue;
    const under = seen.get(set) ?? new Set();
    if (!under.has(place.when)) parts.push({ set, when: place.when });
    seen.set(set, under.add(place.when));
  }
  return parts;
}
