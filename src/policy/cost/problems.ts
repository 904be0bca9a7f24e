import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { CONFIGURATION } from '../../config/config-source.ts';
import type { CostConfig } from '../../config/cost.ts';
import { ConfigError } from '../../config/parse.ts';
import { nearest } from '../../shared/nearest.ts';
import { nearestCoordinate } from '../../shared/nearest-coordinate.ts';
import type { CostTable } from '../../supergraph/cost-directives.ts';
import { CostModel, type FieldCosts } from './model.ts';

export type CostOverrides = Pick<CostConfig, 'weights' | 'listSizes'>;

/**
 * What the cost directives of a supergraph say that cannot be meant, one sentence each. Where costs are counted
 * they stop the start, or the publish: an estimate that leaves something out protects nobody.
 * @param schema with everything in it, hidden or not.
 */
export function costProblems(table: CostTable, schema: GraphQLSchema): readonly string[] {
  return [...table.problems, ...sizeProblems(table, schema, { weights: {}, listSizes: {} })];
}

/**
 * @param place of the settings, as `policy.cost`.
 * @throws ConfigError naming each coordinate that does not exist, and its nearest neighbour; or what is wrong with it.
 */
export function checkCostOverrides(
  { weights, listSizes }: CostOverrides,
  { table, schema, place = 'policy.cost' }: { table: CostTable; schema: GraphQLSchema; place?: string },
): void {
  const known = coordinatesOf(schema);
  const lists = new Set([...known].filter(coordinate => /^\w+\.\w+$/.test(coordinate)));
  const problems = [
    ...unknownCoordinates(Object.keys(weights), known, `${place}.weights`),
    ...unknownCoordinates(Object.keys(listSizes), lists, `${place}.listSizes`),
  ];
  if (problems.length === 0) {
    const only = { listSizes: new Map(), weights: new Map(), problems: [] };
    const overridden = new Map(
      [...table.listSizes].filter(([coordinate]) => Object.hasOwn(listSizes, coordinate)),
    );
    const checked = sizeProblems({ ...only, listSizes: overridden }, schema, { weights: {}, listSizes });
    problems.push(...checked.map(problem => `${place}.listSizes.${problem}`));
  }
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
}

function unknownCoordinates(names: readonly string[], known: ReadonlySet<string>, place: string): string[] {
  return names.flatMap(name => {
    if (known.has(name)) return [];
    const suggestion = nearestCoordinate(name, [...known]);
    const hint = suggestion === undefined ? 'there is nothing like it' : `did you mean "${suggestion}"?`;
    return [`${place}.${name}: the supergraph has no such coordinate; ${hint}`];
  });
}

function sizeProblems(table: CostTable, schema: GraphQLSchema, overrides: CostOverrides): string[] {
  const model = new CostModel({ schema, table, config: { ...overrides, defaultListSize: 1 } });
  const coordinates = new Set([...table.listSizes.keys(), ...Object.keys(overrides.listSizes)]);
  return [...coordinates].flatMap(coordinate => {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const costs = model.field(typeName, fieldName);
    if (costs === null) return [`${coordinate}: there is no such field`];
    return fieldProblems(model, costs, schema).map(problem => `${coordinate}: ${problem}`);
  });
}

function fieldProblems(model: CostModel, costs: FieldCosts, schema: GraphQLSchema): string[] {
  const { slicingArguments = [], sizedFields = [] } = costs.listSize ?? {};
  const problems: string[] = [];
  if (costs.listDepth === 0 && sizedFields.length === 0)
    problems.push('it is no list; say in sizedFields which fields of what it returns are');
  for (const [index, path] of slicingArguments.entries()) {
    const problem = slicingProblem(model, costs, { index, path, schema });
    if (problem !== null) problems.push(`the slicing argument "${path}" ${problem}`);
  }
  for (const name of sizedFields) {
    const problem = sizedFieldProblem(model, costs, { name, schema });
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

function slicingProblem(
  model: CostModel,
  costs: FieldCosts,
  { index, path, schema }: { index: number; path: string; schema: GraphQLSchema },
): string | null {
  const inputs = model.slicingPaths(costs)[index] ?? [];
  const last = inputs.at(-1);
  if (last === undefined) {
    const hint = nearest(path, [...costs.arguments.keys()]);
    return `does not exist${hint === undefined ? '' : `; did you mean "${hint}"?`}`;
  }
  // What nobody could read would be taken for a list of the usual size.
  const list = inputs.slice(0, -1).find(({ isList }) => isList);
  if (list !== undefined)
    return `goes through "${list.name}", a list of which nobody knows which item is meant`;
  if (last.listDepth > 1) return 'has lists in its list, which say no size';
  if (last.isList || isNumeric(last.type.name, schema)) return null;
  return `is a ${last.type.name}; only whole numbers and lists say a size`;
}

const NO_NUMBERS: ReadonlySet<string> = new Set([GraphQLString.name, GraphQLID.name, GraphQLBoolean.name]);

/** Scalars of one's own may be numbers. */
function isNumeric(typeName: string, schema: GraphQLSchema): boolean {
  if (typeName === GraphQLInt.name || typeName === GraphQLFloat.name) return true;
  return isScalarType(schema.getType(typeName)) && !NO_NUMBERS.has(typeName);
}

function sizedFieldProblem(
  model: CostModel,
  { type }: FieldCosts,
  { name, schema }: { name: string; schema: GraphQLSchema },
): string | null {
  if (!isCompositeType(type)) return `sizedFields: ${type.name} has no fields`;
  const owners = isObjectType(type) || isInterfaceType(type) ? [type] : schema.getPossibleTypes(type);
  const found = owners.map(owner => model.field(owner.name, name)).filter(field => field !== null);
  if (found.length === 0) return `the sized field "${name}" does not exist on ${type.name}`;
  return found.every(({ listDepth }) => listDepth > 0) ? null : `the sized field "${name}" is no list`;
}

function coordinatesOf(schema: GraphQLSchema): ReadonlySet<string> {
  const known = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    // Of the specifications that supergraphs link, or introspection.
    if (type.name.includes('__')) continue;
    known.add(type.name);
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      known.add(`${type.name}.${field.name}`);
      for (const { name } of 'args' in field ? field.args : [])
        known.add(`${type.name}.${field.name}(${name}:)`);
    }
  }
  return known;
}
