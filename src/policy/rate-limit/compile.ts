import { type FieldNode, print } from 'graphql';
import type { FieldCalls } from '../cost/calls.ts';
import { type FieldPlace, fieldPlaces, type SelectedOperation } from '../field-places.ts';
import { type ArgumentsFor, compileArguments, type Variables } from './field-arguments.ts';
import type { LimitPlan } from './limit-plan.ts';
import { type FieldSources, touchedSubgraphs } from './touched.ts';

/** `compileCalls` of policy/cost with its model: how often fields are resolved, as lists multiply and aliases add. */
export type CallsOf = (
  operation: SelectedOperation,
  isWanted: (coordinate: string) => boolean,
) => readonly FieldCalls[];

/** Fields of an operation that spend from one bucket of a limit, as their arguments are the same. */
export interface LimitedPlaces {
  readonly nodes: ReadonlySet<FieldNode>;
  readonly calls: (variables: Variables) => number;
  /** Where the bucket depends on arguments: those of any of the nodes. */
  readonly argumentsFor: ArgumentsFor | null;
}

/** A limit that an operation comes under, whoever runs it. */
export interface TouchedLimit {
  readonly limit: LimitPlan;
  /** Null: the operation as a whole. */
  readonly places: readonly LimitedPlaces[] | null;
}

export interface CompileSources extends FieldSources {
  readonly callsOf: CallsOf;
}

/** The limits that an operation comes under; made once for each, when it is first seen. */
export function touchedLimits(
  operation: SelectedOperation & { readonly documentHash: string },
  limits: readonly LimitPlan[],
  sources: CompileSources,
): readonly TouchedLimit[] {
  const { definition, schema, documentHash } = operation;
  const name = definition.name?.value;
  const fields = fieldPlaces(operation);
  const subgraphs = limits.some(limit => limit.subgraphs !== null)
    ? touchedSubgraphs(fields, schema, sources)
    : new Set<string>();
  const touched: TouchedLimit[] = [];
  for (const limit of limits) {
    const { operations, target } = limit;
    const isNamed = operations?.has(documentHash) || (name !== undefined && operations?.has(name));
    if (operations !== null && !isNamed) continue;
    if (limit.subgraphs !== null && ![...limit.subgraphs].some(subgraph => subgraphs.has(subgraph))) continue;
    if (target === null) {
      touched.push({ limit, places: null });
      continue;
    }
    const places = placesOf({ operation, limit, fields, callsOf: sources.callsOf });
    if (places.length > 0) touched.push({ limit, places });
  }
  return touched;
}

interface PlacesInput {
  readonly operation: SelectedOperation;
  readonly limit: LimitPlan;
  readonly fields: readonly FieldPlace[];
  readonly callsOf: CallsOf;
}

function placesOf({ operation, limit, fields, callsOf }: PlacesInput): readonly LimitedPlaces[] {
  const target = limit.target;
  if (target === null) return [];
  const places: LimitedPlaces[] = [];
  const root = operation.schema.getRootType(operation.definition.operation);
  if (root && target.rootTypes.has(root.name)) {
    const nodes = fields.filter(({ parentType }) => parentType === root).map(({ node }) => node);
    places.push({ nodes: new Set(nodes), calls: () => 1, argumentsFor: null });
  }
  const calls = byNode(callsOf(operation, coordinate => target.fields.has(coordinate)));
  for (const group of groupsOf(fields, limit)) {
    const nodes = new Set(group.map(({ node }) => node));
    const [first] = group;
    places.push({
      nodes,
      calls: sumOf([...nodes].map(node => calls.get(node) ?? NO_CALLS)),
      argumentsFor: limit.isByArgument && first !== undefined ? compileArguments(first) : null,
    });
  }
  return places;
}

type Calls = FieldCalls['calls'];

const NO_CALLS: readonly Calls[] = [];

/** A node has several coordinates where its object may be of several types; it is of one of them. */
function byNode(calls: readonly FieldCalls[]): ReadonlyMap<FieldNode, readonly Calls[]> {
  const found = new Map<FieldNode, Calls[]>();
  for (const { node, calls: times } of calls) {
    const known = found.get(node);
    if (known === undefined) found.set(node, [times]);
    else known.push(times);
  }
  return found;
}

function sumOf(nodes: readonly (readonly Calls[])[]): (variables: Variables) => number {
  return variables => {
    let sum = 0;
    for (const types of nodes) {
      let most = 0;
      for (const times of types) most = Math.max(most, times(variables));
      sum += most;
    }
    return sum;
  };
}

/** One group, or one for each set of arguments where these decide about the bucket: aliases are no way around. */
function groupsOf(fields: readonly FieldPlace[], { target, isByArgument }: LimitPlan): FieldPlace[][] {
  const groups = new Map<string, FieldPlace[]>();
  for (const touched of fields) {
    if (target?.fields.has(touched.coordinate) !== true) continue;
    const key = isByArgument ? `${touched.field.name}(${writtenArguments(touched.node)})` : '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [touched]);
    else group.push(touched);
  }
  return [...groups.values()];
}

/** Equal for nodes that may be merged: GraphQL lets them differ in the order of arguments (spec 5.3.2). */
function writtenArguments({ arguments: given = [] }: FieldNode): string {
  return given
    .map(node => print(node))
    .sort()
    .join();
}
