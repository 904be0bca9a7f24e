import type { DeniedField } from '../../http/bound-operation.ts';
import type { Json } from '../../shared/json.ts';

/**
 * What an operation's answer looks like, per concrete type: fields merged, fragments resolved, leaves known.
 * Built once per operation shape; `generate.ts` turns it into code and `careful.ts` interprets it.
 */
export interface ObjectShape {
  readonly id: number;
  /** Fields by the object's runtime type, for every type it can have in the API schema. */
  readonly variants: ReadonlyMap<string, readonly FieldShape[]>;
  /**
   * For abstract types, the fields that do not depend on the runtime type: all there is to say when an
   * `@interfaceObject` subgraph names no more than the interface, or no `__typename` was asked for.
   */
  readonly untyped: { readonly typeName: string; readonly fields: readonly FieldShape[] } | null;
  /** Points of one object, by its runtime type (or the abstract one); empty when costs are not counted. */
  readonly costs: ReadonlyMap<string, number>;
  /** Counters of calls in its fields and in all below them. */
  readonly counters: readonly number[];
}

export interface FieldShape {
  /** The client's response key. */
  readonly key: string;
  /** The key under which the engine holds the value. */
  readonly source: string;
  /** The subgraph that resolves the field, if there is only one. */
  readonly owner: string | null;
  readonly include: Inclusion;
  /** Left out of the answer when it is null. */
  readonly omitNull: boolean;
  /** Checks of authorization that the object decides, once it is there. */
  readonly checks: readonly number[];
  /** Where variables say whether it is denied. */
  readonly denial: FieldDenial | null;
  readonly value: ValueShape;
  /** Null: nothing, as usual. */
  readonly cost: FieldCost | null;
  /** That count it as called, once for each object, whatever its value. */
  readonly counters: readonly number[];
}

/** Points of a field beside those of the objects in it. */
export interface FieldCost {
  /** Of each leaf that is not null. */
  readonly leaf: number;
  /** Of its arguments, once for each object; null: nothing, whatever their values. */
  readonly argument: ((variables: Readonly<Record<string, Json>>) => number) | null;
}

/** A field that was never fetched for some of the places that select it. */
export interface FieldDenial {
  /** These places, and what the answer says where one of them is included. */
  readonly removed: readonly { readonly when: Conjunction; readonly lost: readonly DeniedField[] }[];
  /** Places that are enough for its value where one of them is included. */
  readonly open: readonly Conjunction[];
}

export type ValueShape =
  /** `name` is null where nobody knows the type, so that no answer can be given. */
  | { readonly kind: 'typename'; readonly name: string | null; readonly nonNull: true }
  /** Never fetched: the caller may not see it, or something that it cannot be without. */
  | { readonly kind: 'denied'; readonly fields: readonly DeniedField[]; readonly nonNull: boolean }
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly nonNull: boolean }
  | { readonly kind: 'list'; readonly of: ValueShape; readonly nonNull: boolean }
  | { readonly kind: 'object'; readonly shape: ObjectShape; readonly nonNull: boolean };

/** `null`: always. Otherwise any of the conjunctions must hold (one for each place that selects the field). */
export type Inclusion = readonly Conjunction[] | null;

export type Conjunction = readonly VariableTest[];

export interface VariableTest {
  readonly variable: string;
  readonly equals: boolean;
}

/** How a leaf is checked and written; `any` is a custom scalar. */
export type Leaf =
  | { readonly kind: 'string' | 'id' | 'int' | 'float' | 'boolean' | 'any' }
  | { readonly kind: 'enum'; readonly hasValue: (name: string) => boolean };

export function isIncluded(inclusion: Inclusion, variables: Readonly<Record<string, unknown>>): boolean {
  if (inclusion === null) return true;
  return inclusion.some(tests => holds(tests, variables));
}

export function holds(tests: Conjunction, variables: Readonly<Record<string, unknown>>): boolean {
  return tests.every(test => (variables[test.variable] === true) === test.equals);
}
