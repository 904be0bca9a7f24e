import { type FieldNode, Kind, type ValueNode } from 'graphql';
import { MAX_COST } from '../../config/cost.ts';
import { Expression, type Reader, type Term, UNKNOWN, type Variables } from './expression.ts';
import type { OperationScope } from './input-cost.ts';
import type { FieldCosts, InputCosts } from './model.ts';

/** The size that the slicing arguments of a field say, the largest of them; UNKNOWN where none says one. */
export function slicedSize(scope: OperationScope, costs: FieldCosts, node: FieldNode): Term {
  const { model } = scope;
  const usual = costs.listSize?.assumedSize ?? model.defaultListSize;
  // Beside another size a negative one would get lost; by itself it is as good as none.
  const negative = model.slicingPaths(costs).length > 1 ? usual : UNKNOWN;
  return largestSize(scope, slicingsOf(scope, costs, negative), node);
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
  const slicings = slicingsOf(scope, costs, UNKNOWN);
  const readers = slicings.map(slicing => {
    const path = slicing.path.map(input => ({ ...input, defaultValue: undefined }));
    return own.expression.compile(sizeAt(own, { ...slicing, path }, node));
  });
  const all = { ...scope, expression: new Expression() };
  const size = all.expression.compile(largestSize(all, slicings, node));
  return variables => {
    const given = readers.filter(read => read(variables) !== UNKNOWN).length;
    return given === 0 && size(variables) !== UNKNOWN ? 1 : given;
  };
}

type SlicingPath = readonly Pick<InputCosts, 'name' | 'defaultValue'>[];

/** A slicing argument. */
interface Slicing {
  readonly path: SlicingPath;
  /** One item in its place is a list of one; in variables GraphQL has made it that. */
  readonly isList: boolean;
  /** The size that a negative number says. */
  readonly negative: number;
}

const NO_PATH: SlicingPath = [];

function slicingsOf({ model }: OperationScope, costs: FieldCosts, negative: number): readonly Slicing[] {
  return model.slicingPaths(costs).map(path => ({ path, isList: path.at(-1)?.isList === true, negative }));
}

function largestSize(scope: OperationScope, slicings: readonly Slicing[], node: FieldNode): Term {
  return scope.expression.max(
    slicings.map(slicing => sizeAt(scope, slicing, node)),
    UNKNOWN,
  );
}

function sizeAt({ expression, defaultOf }: OperationScope, slicing: Slicing, node: FieldNode): Term {
  const { path } = slicing;
  const [first] = path;
  if (first === undefined) return UNKNOWN;
  let value: ValueNode | undefined;
  for (const argument of node.arguments ?? []) if (argument.name.value === first.name) value = argument.value;
  for (let index = 0; index < path.length; index++) {
    const defaultValue = path[index]?.defaultValue;
    if (value === undefined) return sizeIn(defaultValue, path.slice(index + 1), slicing);
    if (value.kind === Kind.VARIABLE) {
      const declared = defaultOf(value.name.value);
      const fallback = declared === undefined ? defaultValue : declared;
      return expression.read(variableSize({ name: value.name.value, fallback, slicing, index }));
    }
    const next = path[index + 1];
    if (next === undefined) return literalSize(value, slicing);
    if (value.kind !== Kind.OBJECT) return UNKNOWN;
    value = value.fields.find(({ name }) => name.value === next.name)?.value;
  }
  return UNKNOWN;
}

interface VariableUse {
  readonly name: string;
  /** What is read instead where the variable is not given. */
  readonly fallback: unknown;
  readonly slicing: Slicing;
  /** Where in the path the variable stands. */
  readonly index: number;
}

/** Readers of what is read alike for all fields. */
const PLAIN = {};

function variableSize({ name, fallback, slicing, index }: VariableUse): Reader {
  const { path, negative } = slicing;
  const below = index + 1 === path.length ? NO_PATH : path.slice(index + 1);
  const otherwise = sizeIn(fallback, below, slicing);
  const isPlain = below.length === 0 && otherwise === UNKNOWN && negative === UNKNOWN;
  return {
    owner: isPlain ? PLAIN : path,
    key: index === 0 ? name : `${index} ${name}`,
    print() {
      const text = [`$${name}`, ...below.map(input => input.name)].join('.');
      return otherwise === UNKNOWN ? text : `(${text} or ${otherwise})`;
    },
    value: variables => {
      const value = variables[name];
      return value === undefined ? otherwise : sizeIn(value, below, slicing);
    },
  };
}

function sizeIn(value: unknown, below: SlicingPath, slicing: Slicing): number {
  let found = value;
  for (const { name, defaultValue } of below) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return UNKNOWN;
    const given = (found as Readonly<Record<string, unknown>>)[name];
    found = given === undefined ? defaultValue : given;
  }
  return sizeOf(found, slicing);
}

function literalSize(node: ValueNode, slicing: Slicing): number {
  if (node.kind === Kind.NULL) return UNKNOWN;
  if (node.kind === Kind.LIST) return node.values.length;
  if (slicing.isList) return 1;
  const isWritten = node.kind === Kind.INT || node.kind === Kind.FLOAT || node.kind === Kind.STRING;
  return isWritten ? sizeOf(node.value, slicing) : UNKNOWN;
}

/**
 * What a slicing argument says of a list's length. A negative number says nothing: some subgraphs take it for
 * "all". Neither does null.
 */
function sizeOf(value: unknown, { negative }: Slicing): number {
  // A list of ids brings as many objects.
  if (Array.isArray(value)) return value.length;
  // Scalars for large numbers take them as text, too.
  const size = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof size !== 'number' || Number.isNaN(size)) return UNKNOWN;
  return size < 0 ? negative : Math.min(MAX_COST, Math.ceil(size));
}
