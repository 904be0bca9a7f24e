import {
  type ConstValueNode,
  type FieldNode,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Variables } from './condition.ts';
import type { Field } from './field-restrictions.ts';
import { leafText } from './tag-names.ts';

/** The text of a value that may depend on an operation's variables. */
export type TextOf = string | ((variables: Variables) => string);

interface Input {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly defaultValue?: unknown;
}

/** Compiles how the value at a path of a field's arguments is found; of what is not there it is `null`. */
export function argumentText(path: readonly string[], field: Field, node: FieldNode): TextOf {
  const [name = '', ...below] = path;
  const input = field.args.find(argument => argument.name === name);
  const given = node.arguments?.find(argument => argument.name.value === name)?.value;
  return textOf(given, input, below);
}

function textOf(given: ValueNode | undefined, input: Input | undefined, path: readonly string[]): TextOf {
  if (given === undefined) return leafText(valueAt(input?.defaultValue, path));
  if (given.kind === Kind.VARIABLE) {
    const name = given.name.value;
    const otherwise = leafText(valueAt(input?.defaultValue, path));
    // A variable that is not given counts as an argument that is not written (GraphQL spec 6.4.1).
    return variables =>
      Object.hasOwn(variables, name) ? leafText(valueAt(variables[name], path)) : otherwise;
  }
  const [name, ...below] = path;
  if (name === undefined) return literalText(given);
  if (given.kind !== Kind.OBJECT) return leafText(null);
  const type = input === undefined ? undefined : getNullableType(input.type);
  const field = isInputObjectType(type) ? type.getFields()[name] : undefined;
  return textOf(given.fields.find(written => written.name.value === name)?.value, field, below);
}

/** As it is written, where it is a number: large ones would lose digits. */
function literalText(node: ValueNode): TextOf {
  if (node.kind === Kind.INT) return node.value;
  if (node.kind !== Kind.LIST && node.kind !== Kind.OBJECT) return leafText(valueFromASTUntyped(node));
  return variables => leafText(valueFromASTUntyped(node as ConstValueNode, { ...variables }));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return null;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
