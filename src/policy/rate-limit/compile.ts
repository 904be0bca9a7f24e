import { type FieldNode, print } from 'graphql';
import type { OperationCalls } from '../cost/calls.ts';
import { type FieldPlace, fieldPlaces, type SelectedOperation } from '../field-places.ts';
import { type AnswerCalls, CallCounters, type CountedCalls } from './answer-calls.ts';
import { type ArgumentsFor, compileArguments } from './field-arguments.ts';
import type { LimitPlan, LimitTarget } from './limit-plan.ts';
import { type FieldSources, touchedSubgraphs } from './touched.ts';

/** `compileCalls` of policy/cost with its model: how often fields are resolved, as lists multiply and aliases add. */
export type CallsOf = (
  operation: SelectedOperation,
  isWanted: (coordinate: string) => boolean,
) => OperationCalls;

/** What one request counts, of all fields of its operation that some limit is on. */
export type CallCounts = ReturnType<OperationCalls['count']>;

/** Fields of an operation that spend from one bucket of a limit, as their arguments are the same. */
export interface LimitedPlaces {
  readonly nodes: ReadonlySet<FieldNode>;
  readonly calls: (counts: CallCounts) => number;
  /** Where the bucket depends on arguments: those of any of the nodes. */
  readonly argumentsFor: ArgumentsFor | null;
  /** Where their calls are counted over the answer; null: they are not. */
  readonly counter: number | null;
}

/** A limit that an operation comes under, whoever runs it. */
export interface TouchedLimit {
  readonly limit: LimitPlan;
  /** Null: the operation as a whole. */
  readonly places: readonly LimitedPlaces[] | null;
  /** Of the one bucket; null too where arguments decide about buckets, and each has counters of its own. */
  readonly counted: CountedCalls | null;
}

export interface TouchedLimits {
  readonly limits: readonly TouchedLimit[];
  readonly countCalls: OperationCalls['count'];
  /** Null: nothing is counted over an answer. */
  readonly calls: AnswerCalls | null;
}

export interface CompileSources extends FieldSources {
  readonly callsOf: CallsOf;
  /** Coordinates that some limit is on. */
  readonly limited: ReadonlySet<string>;
}

/** The limits that an operation comes under; made once for each, when it is first seen. */
export function touchedLimits(
  operation: SelectedOperation & { readonly documentHash: string },
  limits: readonly LimitPlan[],
  sources: CompileSources,
): TouchedLimits {
  const { definition, schema, documentHash } = operation;
  const name = definition.name?.value;
  const fields = fieldPlaces(operation);
  const subgraphs = limits.some(limit => limit.subgraphs !== null)
    ? touchedSubgraphs(fields, schema, sources)
    : new Set<string>();
  const limited = limitedFieldsOf(operation, fields, sources);
  const counters = new CallCounters();
  const touched: TouchedLimit[] = [];
  for (const limit of limits) {
    const { operations, target } = limit;
    const isNamed = operations?.has(documentHash) || (name !== undefined && operations?.has(name));
    if (operations !== null && !isNamed) continue;
    if (limit.subgraphs !== null && ![...limit.subgraphs].some(subgraph => subgraphs.has(subgraph))) continue;
    if (target === null) {
      touched.push({ limit, places: null, counted: null });
      continue;
    }
    const whole = wholePlaces(operation, fields, target);
    const own = placesOf({ limit, target, counters }, operation, limited);
    if (whole.length + own.length === 0) continue;
    const counted = limit.isByArgument ? null : countedIn(own, whole.length);
    touched.push({ limit, places: [...whole, ...own], counted });
  }
  const calls = counters.isEmpty ? null : counters;
  return { limits: touched, countCalls: limited.countCalls, calls };
}

function countedIn(places: readonly LimitedPlaces[], besides: number): CountedCalls | null {
  const counters = places.flatMap(({ counter }) => counter ?? []);
  return counters.length === 0 || counters.length < places.length ? null : { counters, besides };
}

/** Fields of an operation that some limit is on. */
interface LimitedOfOperation {
  readonly byCoordinate: ReadonlyMap<string, readonly FieldPlace[]>;
  /** Coordinates of a node, and where each is counted: several where its object may be of several types. */
  readonly counted: ReadonlyMap<FieldNode, readonly CountedAt[]>;
  readonly countCalls: OperationCalls['count'];
}

interface CountedAt {
  readonly coordinate: string;
  readonly index: number;
}

const NO_CALLS = () => () => 0;

/** Found once, whatever the number of limits: the work is that of the operation's fields, and clients write these. */
function limitedFieldsOf(
  operation: SelectedOperation,
  fields: readonly FieldPlace[],
  { callsOf, limited }: CompileSources,
): LimitedOfOperation {
  const byCoordinate = new Map<string, FieldPlace[]>();
  const counted = new Map<FieldNode, CountedAt[]>();
  for (const place of fields) if (limited.has(place.coordinate)) push(byCoordinate, place.coordinate, place);
  if (byCoordinate.size === 0) return { byCoordinate, counted, countCalls: NO_CALLS };
  const calls = callsOf(operation, coordinate => limited.has(coordinate));
  for (const [index, { node, coordinate }] of calls.fields.entries())
    push(counted, node, { coordinate, index });
  return { byCoordinate, counted, countCalls: calls.count };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** A limit on the type of the root is one on the operation. */
function wholePlaces(
  { schema, definition }: SelectedOperation,
  fields: readonly FieldPlace[],
  { rootTypes }: LimitTarget,
): readonly LimitedPlaces[] {
  const root = schema.getRootType(definition.operation);
  if (!root || !rootTypes.has(root.name)) return [];
  const nodes = fields.filter(({ parentType }) => parentType === root).map(({ node }) => node);
  return [{ nodes: new Set(nodes), calls: () => 1, argumentsFor: null, counter: null }];
}

interface Placing {
  readonly limit: LimitPlan;
  readonly target: LimitTarget;
  readonly counters: CallCounters;
}

function placesOf(
  { limit, target, counters }: Placing,
  { schema, definition }: SelectedOperation,
  { byCoordinate, counted }: LimitedOfOperation,
): readonly LimitedPlaces[] {
  const groups = groupsOf(byCoordinate, limit, target);
  const root = schema.getRootType(definition.operation);
  // How often fields of the operation itself are called is known beforehand.
  const isKnown = groups.every(group => group.every(({ parentType }) => parentType === root));
  const isCounted = limit.spend === 'calls' && !isKnown;
  return groups.map(group => {
    const nodes = new Set(group.map(({ node }) => node));
    const places = [...nodes].map(node => indicesOf(counted.get(node) ?? [], target));
    const [first] = group;
    return {
      nodes,
      calls: sumOf(places),
      argumentsFor: limit.isByArgument && first !== undefined ? compileArguments(first) : null,
      counter: isCounted ? counters.add(nodes, target.fields) : null,
    };
  });
}

function indicesOf(counted: readonly CountedAt[], target: LimitTarget): readonly number[] {
  return counted.filter(({ coordinate }) => target.fields.has(coordinate)).map(({ index }) => index);
}

/** A node has several coordinates where its object may be of several types; it is of one of them. */
function sumOf(nodes: readonly (readonly number[])[]): (counts: CallCounts) => number {
  return counts => {
    let sum = 0;
    for (const types of nodes) {
      let most = 0;
      for (const index of types) most = Math.max(most, counts(index));
      sum += most;
    }
    return sum;
  };
}

/** One group, or one for each set of arguments where these decide about the bucket: aliases are no way around. */
function groupsOf(
  byCoordinate: LimitedOfOperation['byCoordinate'],
  { isByArgument }: LimitPlan,
  target: LimitTarget,
): readonly FieldPlace[][] {
  const groups = new Map<string, FieldPlace[]>();
  for (const [coordinate, places] of byCoordinate) {
    if (!target.fields.has(coordinate)) continue;
    for (const place of places) {
      push(groups, isByArgument ? `${place.field.name}(${writtenArguments(place.node)})` : '', place);
    }
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
