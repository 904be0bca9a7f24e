import type { Refusal } from '../../http/bound-operation.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import { MAX_ERRORS, type PlacedFailure, refusalOf } from './careful.ts';
import { fieldsFor } from './runtime-type.ts';
import { isIncluded, type ObjectShape, type ValueShape } from './shape.ts';

interface DeniedInput {
  readonly shape: ObjectShape;
  readonly data: JsonObject;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly refusals: ReadonlyMap<number, Refusal>;
}

/**
 * The errors of denied fields in an answer in which everything else is sound: one for each place, up to the
 * bound, in the order of the answer. Only goes where something is denied.
 */
export function placeDenied(input: DeniedInput): readonly PlacedFailure[] {
  const places = new DeniedPlaces(input);
  places.object(input.shape, input.data);
  return places.errors;
}

class DeniedPlaces {
  readonly errors: PlacedFailure[] = [];
  readonly #input: DeniedInput;
  readonly #path: (string | number)[] = [];
  readonly #concerned = new Map<ObjectShape, boolean>();

  constructor(input: DeniedInput) {
    this.#input = input;
  }

  object(shape: ObjectShape, value: Json | undefined): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const field of fieldsFor(shape, value) ?? []) {
      if (this.errors.length >= MAX_ERRORS) return;
      if (!this.#isConcerned(field.value) || !isIncluded(field.include, this.#input.variables)) continue;
      this.#path.push(field.key);
      this.#value(field.value, value[field.source]);
      this.#path.pop();
    }
  }

  #value(shape: ValueShape, value: Json | undefined): void {
    if (shape.kind === 'object') this.object(shape.shape, value);
    if (shape.kind === 'denied') {
      for (const denied of shape.fields) {
        const failure = refusalOf(denied, this.#input.refusals);
        if (this.errors.length < MAX_ERRORS)
          this.errors.push({ path: [...this.#path, ...denied.path], failure });
      }
    }
    if (shape.kind !== 'list' || !Array.isArray(value)) return;
    for (let index = 0; index < value.length; index++) {
      this.#path.push(index);
      this.#value(shape.of, value[index]);
      this.#path.pop();
    }
  }

  #isConcerned(shape: ValueShape): boolean {
    if (shape.kind === 'list') return this.#isConcerned(shape.of);
    if (shape.kind !== 'object') return shape.kind === 'denied';
    const known = this.#concerned.get(shape.shape);
    if (known !== undefined) return known;
    const { variants, untyped } = shape.shape;
    const fields = [...variants.values(), untyped?.fields ?? []].flat();
    const concerned = fields.some(({ value }) => this.#isConcerned(value));
    this.#concerned.set(shape.shape, concerned);
    return concerned;
  }
}
