import { ERROR_CATALOGUE, GatewayError } from '../../errors.ts';
import type { DeniedField, Refusal } from '../../http/bound-operation.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { Failure, FailureLog } from '../run/failures.ts';
import { type CallCounts, startCounting } from './call-counts.ts';
import { lostAt } from './denial.ts';
import { countLeaves, writeLeaf } from './leaf.ts';
import { LostCost } from './lost-cost.ts';
import { costOfObject, fieldsFor } from './runtime-type.ts';
import { type FieldCost, type FieldShape, isIncluded, type ObjectShape, type ValueShape } from './shape.ts';

/** An error of the answer with the path as the client sees it. */
export interface PlacedFailure {
  readonly path: readonly (string | number)[] | null;
  readonly failure: Failure;
}

export interface CarefulAnswer {
  /** JSON text of `data`; "null" when a null reached the root. */
  readonly text: string;
  readonly errors: readonly PlacedFailure[];
  /** Points of all that is written, and of what came beside a null that takes its surroundings along; 0 where costs are not counted. */
  readonly cost: number;
  /** Calls of fields, of the same. */
  readonly calls: CallCounts;
}

interface CarefulInput {
  readonly shape: ObjectShape;
  readonly data: JsonObject;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly failures: FailureLog;
  /** What is told of fields that were taken out, by check. */
  readonly refusals?: ReadonlyMap<number, Refusal>;
  readonly maxBytes: number;
}

/** Errors one answer may carry; a list of thousands that failed the same way needs no thousand errors. */
export const MAX_ERRORS = 200;

/** A null where the schema has none: goes up to the nearest value that may be null. */
const BUBBLE = Symbol('bubble');
type Written = string | typeof BUBBLE;

/**
 * Writes `data` when something went wrong: the same text as the fast projection where the data is sound,
 * and null propagation (GraphQL spec 6.4.4) with the errors of the fetches at their places where it is not.
 */
export function projectCarefully(input: CarefulInput): CarefulAnswer {
  const projection = new CarefulProjection(input);
  const text = projection.object(input.shape, input.data);
  const { cost, calls } = projection;
  return { text: text === BUBBLE ? 'null' : text, errors: projection.errors(), cost, calls };
}

class CarefulProjection {
  readonly #input: CarefulInput;
  /** Of the field at hand: who is to blame for a value that does not fit. */
  #owner: string | null = null;
  readonly #path: (string | number)[] = [];
  readonly #errors: PlacedFailure[] = [];
  readonly #placed = new Set<Failure>();
  #bytes = 0;
  readonly #lost: LostCost;
  cost = 0;
  readonly calls: CallCounts;

  constructor(input: CarefulInput) {
    this.#input = input;
    this.calls = startCounting(input.shape.counters);
    this.#lost = new LostCost(input.variables as Readonly<Record<string, Json>>, this.calls);
  }

  /** Failures that met no selected field (a key the planner added, say) stay without a path rather than unsaid. */
  errors(): readonly PlacedFailure[] {
    const unplaced = [...this.#input.failures.all()].filter(failure => !this.#placed.has(failure));
    const rest = unplaced.map((failure): PlacedFailure => ({ path: null, failure }));
    return [...this.#errors, ...rest].slice(0, MAX_ERRORS);
  }

  object(shape: ObjectShape, value: Json): Written {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#misfit('an object');
    const fields = fieldsFor(shape, value);
    if (fields === undefined) return this.#misfit('an object of a type of the schema');
    this.cost += costOfObject(shape, value);
    const parts: string[] = [];
    for (const [index, field] of fields.entries()) {
      if (!isIncluded(field.include, this.#input.variables)) continue;
      for (const counter of field.counters) (this.calls[counter] as number)++;
      if (field.cost !== null) this.#costOf(field.cost, value[field.source]);
      this.#path.push(field.key);
      const text = this.#field(field, value);
      this.#path.pop();
      if (text === BUBBLE) {
        this.cost += this.#lost.fields(fields.slice(index + 1), value);
        return BUBBLE;
      }
      if (field.omitNull && text === 'null') continue;
      // A GraphQL name: nothing to escape.
      const prefix = `"${field.key}":`;
      this.#count(prefix.length + 1);
      parts.push(prefix + text);
    }
    this.#count(1);
    return `{${parts.join(',')}}`;
  }

  #costOf({ leaf, argument }: FieldCost, value: Json | undefined): void {
    if (leaf > 0) this.cost += leaf * countLeaves(value);
    if (argument !== null) this.cost += argument(this.#input.variables as Readonly<Record<string, Json>>);
  }

  #field(field: FieldShape, holder: JsonObject): Written {
    if (field.value.kind === 'typename' && field.value.name !== null) {
      return this.#counted(JSON.stringify(field.value.name));
    }
    if (field.value.kind === 'denied') return this.#denied(field.value.fields, field.value.nonNull);
    const lost = field.denial === null ? null : lostAt(field.denial, this.#input.variables);
    if (lost !== null) return this.#denied(lost, field.value.nonNull);
    const outer = this.#owner;
    this.#owner = field.owner;
    const reported = this.#report(field.value, { holder, key: field.source });
    const written = this.#value(field.value, holder[field.source], reported);
    this.#owner = outer;
    return written;
  }

  #denied(fields: readonly DeniedField[], nonNull: boolean): Written {
    for (const denied of fields) {
      // A list of thousands denies thousands: those that are not told need no path and no place in memory.
      if (this.#isFull()) break;
      this.#place(refusalOf(denied, this.#input.refusals), [...this.#path, ...denied.path]);
    }
    // What went with another field of the root leaves it to that one to say so.
    return nonNull && fields.length > 0 ? BUBBLE : this.#counted('null');
  }

  /** @param reported whether this very place already has an error, so that a missing value needs no other. */
  #value(shape: ValueShape, value: Json | undefined, reported: boolean): Written {
    const written =
      value === null || value === undefined ? this.#absent(shape, reported) : this.#present(shape, value);
    return written === BUBBLE && !shape.nonNull ? this.#counted('null') : written;
  }

  #absent(shape: ValueShape, reported: boolean): Written {
    if (!shape.nonNull) return this.#counted('null');
    if (!reported && !this.#explained())
      this.#fail('The subgraph returned null for a field that is never null.');
    return BUBBLE;
  }

  #present(shape: ValueShape, value: Json): Written {
    switch (shape.kind) {
      case 'object':
        return this.object(shape.shape, value);
      case 'list':
        return Array.isArray(value) ? this.#list(shape.of, value) : this.#misfit('a list');
      case 'denied':
      case 'typename':
        return this.#misfit('the name of an object type');
      case 'leaf': {
        const text = writeLeaf(shape.leaf, value);
        if (text === undefined) return this.#misfit(`a value of its ${shape.leaf.kind} type`);
        return this.#counted(text);
      }
    }
  }

  #list(of: ValueShape, list: readonly Json[]): Written {
    const parts: string[] = [];
    this.#count(list.length + 1);
    for (let index = 0; index < list.length; index++) {
      this.#path.push(index);
      const reported = this.#report(of, { holder: list, key: index });
      const text = this.#value(of, list[index], reported);
      this.#path.pop();
      if (text === BUBBLE) {
        for (const item of list.slice(index + 1)) this.cost += this.#lost.value(of, item);
        return BUBBLE;
      }
      parts.push(text);
    }
    return `[${parts.join(',')}]`;
  }

  /** Emits the failures recorded for this place. Those from deeper down keep the rest of their path. */
  #report(shape: ValueShape, { holder, key }: { holder: object; key: string | number }): boolean {
    const failures = this.#input.failures.at(holder, key);
    for (const { failure, rest } of failures) {
      this.#place(failure, [...this.#path, ...clientPath(shape, rest)]);
    }
    return failures.length > 0;
  }

  /** Whether an error at or above this place already says why something is missing. */
  #explained(): boolean {
    return this.#errors.some(({ path }) => path?.every((key, index) => key === this.#path[index]) === true);
  }

  #misfit(expected: string): typeof BUBBLE {
    this.#fail(`The subgraph returned something other than ${expected} here.`);
    return BUBBLE;
  }

  #fail(message: string): void {
    if (this.#isFull()) return;
    this.#place({ code: 'SUBGRAPH_BAD_RESPONSE', message, subgraph: this.#owner, extensions: {} }, [
      ...this.#path,
    ]);
  }

  #place(failure: Failure, path: readonly (string | number)[]): void {
    this.#placed.add(failure);
    if (!this.#isFull()) this.#errors.push({ path, failure });
  }

  #isFull(): boolean {
    return this.#errors.length >= MAX_ERRORS;
  }

  /** Shared objects are written at each of their places here, so the size is watched on the way. */
  #count(characters: number): void {
    this.#bytes += characters;
    if (this.#bytes > this.#input.maxBytes)
      throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', { message: TOO_LARGE });
  }

  #counted(text: string): string {
    this.#count(text.length);
    return text;
  }
}

/** What is said of a field that was taken out. */
export function refusalOf(
  { check }: DeniedField,
  refusals: ReadonlyMap<number, Refusal> | undefined,
): Failure {
  return { ...(refusals?.get(check) ?? NOT_YOURS), subgraph: null };
}

const NOT_YOURS: Refusal = {
  code: 'UNAUTHORIZED_FIELD',
  message: ERROR_CATALOGUE.UNAUTHORIZED_FIELD.message,
  extensions: {},
};

export const TOO_LARGE = 'The answer is larger than this endpoint sends. Ask for fewer items at a time.';

/** The rest of a subgraph's error path, below a value that is null, in the client's names. */
function clientPath(shape: ValueShape, rest: readonly (string | number)[]): (string | number)[] {
  const path: (string | number)[] = [];
  let at: ValueShape | undefined = shape;
  for (const key of rest) {
    if (typeof key === 'number') {
      if (at?.kind !== 'list') break;
      path.push(key);
      at = at.of;
      continue;
    }
    while (at?.kind === 'list') at = at.of;
    if (at?.kind !== 'object') break;
    const field: FieldShape | undefined = [...at.shape.variants.values()]
      .flat()
      .find(({ source }) => source === key);
    if (field === undefined) break;
    path.push(field.key);
    at = field.value;
  }
  return path;
}
