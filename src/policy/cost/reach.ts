import type { FieldNode } from 'graphql';
import type { Expression, Term } from './expression.ts';
import type { CostedField, CostGraph, Selection, Variant } from './graph.ts';

/** A field of the document under one coordinate, wherever fragments repeat it. */
export interface Reached {
  readonly coordinate: string;
  readonly field: CostedField;
  /** How often it is resolved. */
  readonly times: Term;
}

/** The coordinates under which a field is asked for; none: it is not. */
type NamesOf = (field: CostedField, variant: Variant) => readonly string[];

/**
 * How often fields are resolved: the product of the list sizes above them. Each of a list's 20 objects may be of
 * any type, so the fields of each type count 20; what all types share counts 20 as well.
 * @param sizeOf how many values a field has
 */
export function reach(
  { expression, root, selections }: CostGraph,
  namesOf: NamesOf,
  sizeOf = ({ size }: CostedField): Term => size,
): readonly Reached[] {
  const arriving = new Map<Selection, Term[]>([[root, [1]]]);
  const places = new Places();
  // From above to below: when its turn comes, whoever leads to a selection has had theirs.
  for (const selection of [...selections].reverse()) {
    const times = expression.sum(arriving.get(selection) ?? []);
    const below: Map<Selection, Term[]>[] = [];
    const wanted: Map<Place, Term[]>[] = [];
    for (const variant of selection.variants) {
      const [belowVariant, wantedOfVariant] = [new Map<Selection, Term[]>(), new Map<Place, Term[]>()];
      for (const field of variant.fields) {
        const calls = expression.when(field.inclusion, times);
        if (field.below !== null) push(belowVariant, field.below, expression.product(calls, sizeOf(field)));
        for (const name of namesOf(field, variant)) push(wantedOfVariant, places.at(name, field), calls);
      }
      below.push(belowVariant);
      wanted.push(wantedOfVariant);
    }
    for (const [next, term] of largest(expression, below)) push(arriving, next, term);
    for (const [place, term] of largest(expression, wanted)) place.terms.push(term);
  }
  return places.all.map(({ coordinate, field, terms }) => ({
    coordinate,
    field,
    times: expression.sum(terms),
  }));
}

interface Place {
  readonly coordinate: string;
  readonly field: CostedField;
  readonly terms: Term[];
}

class Places {
  readonly all: Place[] = [];
  readonly #known = new Map<FieldNode, Map<string, Place>>();

  at(coordinate: string, field: CostedField): Place {
    const ofNode = this.#known.get(field.node) ?? new Map<string, Place>();
    this.#known.set(field.node, ofNode);
    const known = ofNode.get(coordinate);
    if (known !== undefined) return known;
    const place = { coordinate, field, terms: [] };
    ofNode.set(coordinate, place);
    this.all.push(place);
    return place;
  }
}

function push<K>(map: Map<K, Term[]>, key: K, term: Term): void {
  const terms = map.get(key);
  if (terms === undefined) map.set(key, [term]);
  else terms.push(term);
}

/** Objects are of one variant each: the largest sum of any of them. */
function* largest<K>(expression: Expression, variants: readonly Map<K, Term[]>[]): Generator<[K, Term]> {
  const keys = new Set(variants.flatMap(terms => [...terms.keys()]));
  for (const key of keys) {
    const sums = variants.map(terms => expression.sum(terms.get(key) ?? []));
    yield [key, expression.max(sums)];
  }
}
