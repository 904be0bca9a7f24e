import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { responseKeyOf } from '../../shared/response-key-of.ts';

/** Fields are looked at more often than this only where fragments multiply each other. */
const STEPS_PER_COMPARISON = 2;

/**
 * Comparisons that validation makes to see whether fields with one response key can be merged (GraphQL spec, 5.3.2): it
 * compares each two fields at one place of the answer, each two selection sets and fragments that come together there,
 * and the keys of these. Told without comparing anything, in about the time that it takes to read the document.
 *
 * Places are walked as the answer has them, as in the algorithm of Simon Adameit: fields of one key are one group, and what
 * is selected below them comes together again. A place that has the same sets as another is counted once.
 *
 * @param max counting ends above it
 */
export function countComparisons(document: DocumentNode, max: number): number {
  const counter = new Counter(document);
  let comparisons = 0;
  for (let place = counter.next(); place !== null; place = counter.next()) {
    comparisons += counter.count(place);
    if (comparisons > max || counter.steps > max * STEPS_PER_COMPARISON)
      return Math.max(comparisons, max + 1);
  }
  return comparisons;
}

/** Selection sets of fields that are one in the answer. */
type Place = readonly SelectionSetNode[];

class Counter {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #ids = new Map<SelectionSetNode, number>();
  readonly #known = new Set<string>();
  /** No recursion: fragments that are in each other have places without end, and stack has one. */
  readonly #pending: Place[] = [];
  readonly #spread = new Set<SelectionSetNode>();
  readonly #left: FragmentDefinitionNode[];
  steps = 0;

  constructor({ definitions }: DocumentNode) {
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
    for (const definition of definitions)
      if (definition.kind === Kind.OPERATION_DEFINITION) this.#enter([definition.selectionSet]);
    this.#left = [...this.#fragments.values()];
  }

  /** What comes together in a fragment does so where it is spread; only those that are spread nowhere are places, too. */
  next(): Place | null {
    const place = this.#pending.pop();
    if (place !== undefined) return place;
    for (let fragment = this.#left.pop(); fragment !== undefined; fragment = this.#left.pop())
      if (!this.#spread.has(fragment.selectionSet)) return [fragment.selectionSet];
    return null;
  }

  count(place: Place): number {
    const { sets, fields } = this.#collect(place);
    let count = pairs(sets) + (fields.length * (sets - 1)) / 2;
    for (const nodes of groupByKey(fields).values()) {
      count += pairs(nodes.length) * (1 + Math.max(...nodes.slice(0, MOST_ASKED).map(argumentsOf)));
      this.#enter(new Set(nodes.flatMap(({ selectionSet }) => selectionSet ?? [])));
    }
    return count;
  }

  /** Fields of these sets and of the fragments spread in them. Inline fragments are part of the set that they are in. */
  #collect(place: Place): { readonly sets: number; readonly fields: readonly FieldNode[] } {
    const fields: FieldNode[] = [];
    const sets = new Set(place);
    const collect = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        this.steps++;
        if (selection.kind === Kind.FIELD) fields.push(selection);
        else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
        else {
          const fragment = this.#fragments.get(selection.name.value);
          if (fragment === undefined) continue;
          sets.add(fragment.selectionSet);
          this.#spread.add(fragment.selectionSet);
        }
      }
    };
    // Those that are added meanwhile have their turn.
    for (const set of sets) collect(set);
    return { sets: sets.size, fields };
  }

  #enter(sets: Iterable<SelectionSetNode>): void {
    const place = [...sets];
    if (place.length === 0) return;
    const ids = place.map(set => this.#idOf(set)).sort((one, other) => one - other);
    const id = ids.join();
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#pending.push(place);
  }

  #idOf(set: SelectionSetNode): number {
    const id = this.#ids.get(set) ?? this.#ids.size;
    this.#ids.set(set, id);
    return id;
  }
}

/** Fields that are asked how many arguments they have: most have as many, and all of them could be thousands. */
const MOST_ASKED = 10;

function argumentsOf({ arguments: given = [] }: FieldNode): number {
  return given.length;
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}

function groupByKey(fields: readonly FieldNode[]): ReadonlyMap<string, readonly FieldNode[]> {
  const groups = new Map<string, FieldNode[]>();
  for (const field of fields) {
    const key = responseKeyOf(field);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [field]);
    else group.push(field);
  }
  return groups;
}
