import { MAX_COST } from '../../config/cost.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { addAgain, type CallCounts, pick, since } from './call-counts.ts';
import { countLeaves } from './leaf.ts';
import { costOfObject, fieldsFor } from './runtime-type.ts';
import { type FieldShape, isIncluded, type ObjectShape, type ValueShape } from './shape.ts';

type Variables = Readonly<Record<string, Json>>;

/** Of one object. */
interface Lost {
  readonly cost: number;
  readonly calls: readonly number[];
}

/**
 * Points and calls of what came and is not written, as a null beside it takes it along. Else whoever asks for a field that
 * fails and is never null, and behind it for a great deal, would have all of it for nothing.
 */
export class LostCost {
  readonly #variables: Variables;
  /** Objects stand at several places, and so below each other at very many. */
  readonly #known = new Map<JsonObject, Map<ObjectShape, Lost>>();
  readonly #calls: CallCounts;

  /** @param calls are added to; what it costs is for whoever asks to add */
  constructor(variables: Variables, calls: CallCounts) {
    this.#variables = variables;
    this.#calls = calls;
  }

  fields(fields: readonly FieldShape[], holder: JsonObject): number {
    let cost = 0;
    for (const field of fields) {
      if (!isIncluded(field.include, this.#variables)) continue;
      const value = holder[field.source];
      for (const counter of field.counters) (this.#calls[counter] as number)++;
      if (field.cost !== null) {
        const { leaf, argument } = field.cost;
        cost += leaf * countLeaves(value) + (argument === null ? 0 : argument(this.#variables));
      }
      cost += this.value(field.value, value);
    }
    return cost;
  }

  value(shape: ValueShape, value: Json | undefined): number {
    if (value === null || value === undefined) return 0;
    if (shape.kind === 'list') {
      let cost = 0;
      if (Array.isArray(value)) for (const item of value) cost += this.value(shape.of, item);
      return cost;
    }
    if (shape.kind !== 'object' || typeof value !== 'object' || Array.isArray(value)) return 0;
    return this.#object(shape.shape, value);
  }

  #object(shape: ObjectShape, value: JsonObject): number {
    const byShape = this.#known.get(value) ?? new Map<ObjectShape, Lost>();
    this.#known.set(value, byShape);
    const { counters } = shape;
    const known = byShape.get(shape);
    if (known !== undefined) {
      addAgain(this.#calls, counters, known.calls);
      return known.cost;
    }
    const before = pick(this.#calls, counters);
    const below = this.fields(fieldsFor(shape, value) ?? [], value);
    const cost = Math.min(MAX_COST, costOfObject(shape, value) + below);
    byShape.set(shape, { cost, calls: since(this.#calls, counters, before) });
    return cost;
  }
}
