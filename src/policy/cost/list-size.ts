import { type FieldNode, Kind, type ValueNode } from 'graphql';
import { MAX_COST } from '../../config/cost.ts';
import { Expression, type Reader, type Term, UNKNOWN, type Variables } from './expression.ts';
import type { OperationScope } from './input-cost.ts';
import type { FieldCosts, InputCosts } from './model.ts';

/** The size that the slicing arguments of a field say, the largest of them; UNKNOWN where none says one. */
export function slicedSize(scope: OperationScope, costs: FieldCosts, node: FieldNode): Term {
  const terms = scope.model.slicingPaths(costs).map(path => sizeAt(scope, path, node));
  return scope.expression.max(terms, UNKNOWN);
}

/**
 * How many slicing arguments the client gives, by literals or variables. Defaults of the schema count as one if
 * they say a size and the client does not.
 */
export function countSlicing(
  scope: OperationScope,
  costs: FieldCosts,
  node: FieldNode,
): (variables: Variables) => number {
  // Of its own: reading without defaults is not the same as reading with them.
  const own = { ...scope, expression: new Expression() };
  const readers = scope.model.slicingPaths(costs).map(path => {
    const inputs = path.map(({ name }) => ({ name, defaultValue: undefined }));
    return own.expression.compile(sizeAt(own, inputs, node));
  });
  const all = { ...scope, expression: new Expression() };
  const size = all.expression.compile(slicedSize(all, costs, node));
  return variables => {
    const given = readers.filter(read => read(variables) !== UNKNOWN).length;
    return given === 0 && size(variables) !== UNKNOWN ? 1 : given;
  };
}

type SlicingPath = readonly Pick<InputCosts, 'name' | 'defaultValue'>[];

const NO_PATH: SlicingPath = [];

function sizeAt({ expression, defaultOf }: OperationScope, path: SlicingPath, node: FieldNode): Term {
  const [first] = path;
  if (first === undefined) return UNKNOWN;
  let value: ValueNode | undefined;
  for (const argument of node.arguments ?? []) if (argument.name.value === first.name) value = argument.value;
  for (let index = 0; index < path.length; index++) {
    const defaultValue = path[index]?.defaultValue;
    if (value === undefined) return sizeIn(defaultValue, path.slice(index + 1));
    if (value.kind === Kind.VARIABLE) {
      const declared = defaultOf(value.name.value);
      const fallback = declared === undefined ? defaultValue : declared;
      return expression.read(variableSize({ name: value.name.value, fallback, path, index }));
    }
    const next = path[index + 1];
    if (next === undefined) return literalSize(value);
    if (value.kind !== Kind.OBJECT) return UNKNOWN;
    value = value.fields.find(({ name }) => name.value === next.name)?.value;
  }
  return UNKNOWN;
}

interface VariableUse {
  readonly name: string;
  /** What is read instead where the variable is not given. */
  readonly fallback: unknown;
  readonly path: SlicingPath;
  /** Where in the path the variable stands. */
  readonly index: number;
}

/** Readers without path and default are the same for all fields. */
const PLAIN = {};

function variableSize({ name, fallback, path, index }: VariableUse): Reader {
  const below = index + 1 === path.length ? NO_PATH : path.slice(index + 1);
  const otherwise = sizeIn(fallback, below);
  return {
    owner: below.length === 0 && otherwise === UNKNOWN ? PLAIN : path,
    key: index === 0 ? name : `${index} ${name}`,
    print() {
      const text = [`$${name}`, ...below.map(input => input.name)].join('.');
      return otherwise === UNKNOWN ? text : `(${text} or ${otherwise})`;
    },
    value: variables => {
      const value = variables[name];
      return value === undefined ? otherwise : sizeIn(value, below);
    },
  };
}

function sizeIn(value: unknown, below: SlicingPath): number {
  let found = value;
  for (const { name, defaultValue } of below) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return UNKNOWN;
    const given = (found as Readonly<Record<string, unknown>>)[name];
    found = given === undefined ? defaultValue : given;
  }
  return sizeOf(found);
}

function literalSize(node: ValueNode): number {
  if (node.kind === Kind.LIST) return node.values.length;
  return node.kind === Kind.INT || node.kind === Kind.FLOAT ? sizeOf(Number(node.value)) : UNKNOWN;
}

/**
 * What a slicing argument says of a list's length. A negative number says nothing: some subgraphs take it for
 * "all". Neither does null.
 */
function sizeOf(value: unknown): number {
  // A list of ids brings as many objects.
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'number' || !(value >= 0)) return UNKNOWN;
  return Math.min(MAX_COST, Math.ceil(value));
}
