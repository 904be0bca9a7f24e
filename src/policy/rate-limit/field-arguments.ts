import {
  type FieldNode,
  type GraphQLField,
  getArgumentValues,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Json } from '../../shared/json.ts';
import type { FieldArguments } from './owner.ts';

export type Variables = Readonly<Record<string, Json>>;

/** A field of an operation, as far as its arguments go. */
export interface FieldCall {
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Coerced, with defaults. */
export type ArgumentsFor = (variables: Variables) => FieldArguments;

/** What depends on no variable is coerced once, and not for each request. */
export function compileArguments(call: FieldCall): ArgumentsFor {
  const isConstant = (call.node.arguments ?? []).every(({ value }) => !hasVariable(value));
  if (!isConstant) return variables => argumentsOf(call, variables);
  const constant = argumentsOf(call, {});
  return () => constant;
}

function argumentsOf({ field, node }: FieldCall, variables: Variables): FieldArguments {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    // A variable of null where the argument may not be: the field will fail, and is limited by what is there.
    const given = node.arguments ?? [];
    return Object.fromEntries(
      given.map(({ name, value }) => [name.value, valueFromASTUntyped(value, { ...variables })]),
    );
  }
}

/** No deeper than documents may be nested. */
function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some(field => hasVariable(field.value));
  return value.kind === Kind.VARIABLE;
}
