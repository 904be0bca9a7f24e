import {
  type FieldNode,
  type GraphQLObjectType,
  getArgumentValues,
  getNamedType,
  getVariableValues,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { fieldCosts } from '../../../src/policy/cost/actual.ts';
import { compileCost } from '../../../src/policy/cost/compile.ts';
import { costParts } from '../../../src/policy/cost/cost-parts.ts';
import type { Variables } from '../../../src/policy/cost/expression.ts';
import type { CostedOperation } from '../../../src/policy/cost/graph.ts';
import type { CostModel } from '../../../src/policy/cost/model.ts';
import { createRandom, integer, pick, type Random } from '../../../subgraphs/shared/random.ts';
import { modelOf, operationOf } from './costing.ts';

const model = modelOf(
  `
  type Query { users(first: Int = 2, last: Int): [User!]! @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false) node: Node nodes: [Node!]! @listSize(assumedSize: 3) any: [Any!]! page(input: Page): Nodes @listSize(slicingArguments: ["input.first"], sizedFields: ["nodes"], assumedSize: 2, requireOneSlicingArgument: false) dear: Node @cost(weight: 7) }
  input Page { first: Int = 3 text: String @cost(weight: 2) }
  interface Node { id: ID @cost(weight: 2) owner: User near: [Node!]! @listSize(assumedSize: 2) }
  type Nodes { nodes: [Node!]! more: [Node!]! }
  type User implements Node @cost(weight: 3) { id: ID name(upper: Boolean @cost(weight: 4)): String @cost(weight: 1) owner: User near: [Node!]! friends(first: Int): [User!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) kinds: [Kind!] }
  type Robot implements Node { id: ID @cost(weight: 5) owner: User near: [Node!]! @listSize(assumedSize: 1) model: String grid: [[User!]!]! }
  enum Kind @cost(weight: 2) { A }
  union Any = User | Robot`,
  { defaultListSize: 3 },
);

const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  Query: [
    'users(first: $n)',
    'users(first: $n, last: 1)',
    'users',
    'node',
    'nodes',
    'any',
    'page(input: $page)',
    'page(input: {first: $n, text: "a"})',
    'dear',
  ],
  Node: ['owner', 'near'],
  Nodes: ['nodes', 'more'],
  User: ['owner', 'near', 'friends(first: $n)', 'friends'],
  Robot: ['owner', 'near', 'grid'],
  Any: [],
};
const LEAVES: Readonly<Record<string, readonly string[]>> = {
  Query: ['__typename'],
  Node: ['id'],
  Nodes: ['__typename'],
  User: ['id', 'name', 'name(upper: true)', 'kinds'],
  Robot: ['id', 'model'],
  Any: ['__typename'],
};
const RETURNS: Readonly<Record<string, string>> = {
  users: 'User',
  node: 'Node',
  nodes: 'Node',
  any: 'Any',
  page: 'Nodes',
  dear: 'Node',
  owner: 'User',
  near: 'Node',
  more: 'Node',
  friends: 'User',
  grid: 'User',
};
const NARROWER: Readonly<Record<string, readonly string[]>> = {
  Node: ['User', 'Robot'],
  Any: ['User', 'Robot', 'Node'],
  User: ['Node'],
  Robot: ['Node'],
};

/** Selections of random fields, each under an alias that is its own text, so that equal ones merge and no others do. */
function selections(random: Random, type: string, depth: number): string {
  const fields = Array.from({ length: integer(random, 1, 3) }, () => {
    const directive =
      random() < 0.2 ? pick(random, [' @include(if: $a)', ' @skip(if: $b)', ' @skip(if: $a)']) : '';
    const narrower = NARROWER[type];
    if (depth > 0 && narrower !== undefined && random() < 0.4) {
      const inner = pick(random, narrower);
      return `... on ${inner}${directive} ${selections(random, inner, depth - 1)}`;
    }
    const objects = OBJECTS[type] ?? [];
    const text =
      depth > 0 && objects.length > 0 && random() < 0.7
        ? pick(random, objects)
        : pick(random, LEAVES[type] ?? []);
    const name = text.replace(/\(.*/, '');
    const key = text === '__typename' ? '__typename' : `${text.replace(/\W+/g, '_')}: ${text}`;
    const inner = RETURNS[name];
    return `${key}${directive}${inner === undefined ? '' : ` ${selections(random, inner, depth - 1)}`}`;
  });
  return `{ ${fields.join(' ')} }`;
}

/**
 * Executes an operation over data made up on the way, with lists that are as long as they are allowed to be or
 * shorter, and counts what comes. Nothing here is shared or remembered.
 */
class Reference {
  cost: number;
  readonly operation: CostedOperation;
  readonly variables: Variables;
  readonly random: Random;
  readonly #costs;

  constructor(operation: CostedOperation, variables: Variables, random: Random) {
    this.operation = operation;
    this.variables = variables;
    this.random = random;
    this.#costs = fieldCosts(operation, model);
    this.cost = this.#costs.operationCost;
  }

  run(): number {
    const query = model.schema.getQueryType() as GraphQLObjectType;
    this.#object(query, [this.operation.definition.selectionSet], null);
    return this.cost;
  }

  #object(
    type: GraphQLObjectType,
    sets: readonly SelectionSetNode[],
    above: { size: number; fields: readonly string[] } | null,
  ): void {
    const fields = new Map<string, FieldNode[]>();
    for (const set of sets) this.#collect(type, set, fields);
    for (const nodes of fields.values()) {
      const [node] = nodes as [FieldNode];
      const name = node.name.value;
      if (name === '__typename') continue;
      const field = type.getFields()[name];
      if (field === undefined) throw new Error(name);
      this.cost += this.#costs.argumentCost(type.name, node)?.(this.variables) ?? 0;
      const given = getArgumentValues(field, node, this.variables);
      const size = this.#size(`${type.name}.${name}`, given);
      const below = name === 'page' && size !== null ? { size, fields: ['nodes'] } : null;
      const own = above?.fields.includes(name) ? above.size : (size ?? 3);
      const isList = String(field.type).startsWith('[');
      const values = isList ? this.#length(own) * (name === 'grid' ? this.#length(3) : 1) : 1;
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      for (let index = 0; index < values; index++) {
        const named = getNamedType(field.type);
        const possible = isAbstractType(named) ? model.schema.getPossibleTypes(named) : [named];
        const value = pick(this.random, possible);
        this.cost += this.#costs.fieldWeight(type.name, name) ?? this.#costs.typeWeight(value.name);
        if (isObjectType(value)) this.#object(value, inner, below);
      }
    }
  }

  #length(most: number): number {
    return this.random() < 0.6 ? most : integer(this.random, 0, most);
  }

  /** By hand, from the schema above. */
  #size(coordinate: string, given: Readonly<Record<string, unknown>>): number | null {
    const sizes = [given['first'], given['last'], (given['input'] as { first?: unknown } | null)?.first];
    const known = sizes.filter(size => typeof size === 'number');
    if (known.length > 0) return Math.max(...known);
    if (coordinate === 'Query.page') return 2;
    if (coordinate === 'Query.nodes') return 3;
    if (coordinate === 'Robot.near') return 1;
    return coordinate.endsWith('.near') ? 2 : null;
  }

  #collect(type: GraphQLObjectType, set: SelectionSetNode, fields: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      const isOut = selection.directives?.some(({ name, arguments: given }) => {
        const value = given?.[0]?.value;
        const holds = value?.kind === Kind.VARIABLE && this.variables[value.name.value] === true;
        return holds === (name.value === 'skip');
      });
      if (isOut) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        fields.set(key, [...(fields.get(key) ?? []), selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type.name;
        if (model.namesOf(type.name).has(condition)) this.#collect(type, selection.selectionSet, fields);
      }
    }
  }
}

function variablesOf(random: Random, operation: CostedOperation, { schema }: CostModel): Variables {
  const given = {
    a: random() < 0.5,
    b: random() < 0.5,
    ...(random() < 0.8 ? { n: integer(random, 0, 4) } : {}),
    ...(random() < 0.8
      ? { page: pick(random, [{}, { first: 1 }, { first: 4, text: 'a' }, { first: null }, null]) }
      : {}),
  };
  const { coerced } = getVariableValues(schema, operation.definition.variableDefinitions ?? [], given);
  return coerced as Variables;
}

describe('an estimate', () => {
  const random = createRandom(20_261_122);
  const operations = Array.from({ length: 400 }, () => writeOperation(selections(random, 'Query', 4)));

  test('is never less than what an answer within the list sizes costs, and is reached', () => {
    let reached = 0;
    let compared = 0;
    for (const text of operations) {
      const operation = operationOf(model, text);
      const plan = compileCost(operation, model);
      const variables = variablesOf(random, operation, model);
      const estimate = plan.estimate(variables);
      const parts = costParts(operation, model, variables);
      expect(parts.reduce((sum, { cost }) => sum + cost, 0)).toBe(estimate);
      for (let round = 0; round < 5; round++) {
        const actual = new Reference(operation, variables, random).run();
        if (actual > estimate)
          expect({ text, variables, actual }).toEqual({ text, variables, actual: `at most ${estimate}` });
        compared++;
        if (actual === estimate) reached++;
      }
    }
    // An estimate that is always too high would pass the rest.
    expect(reached / compared).toBeGreaterThan(0.2);
  });
});

const VARIABLES = ['$n: Int', '$page: Page', '$a: Boolean!', '$b: Boolean!'];

/** Declares the variables that are used, as validation wants. */
function writeOperation(body: string): string {
  const used = VARIABLES.filter(definition => body.includes(definition.split(':')[0] as string));
  return used.length === 0 ? body : `query (${used.join(', ')}) ${body}`;
}
