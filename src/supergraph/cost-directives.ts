import { type ConstDirectiveNode, type DocumentNode, valueFromASTUntyped } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, namedAny } from './feature-names.ts';

/** How long the list of a field can be: `@listSize` of https://specs.apollo.dev/cost/v0.1. */
export interface ListSize {
  readonly assumedSize: number | null;
  /** Names of arguments, or dotted paths into their input objects. */
  readonly slicingArguments: readonly string[];
  /** Fields of the returned object that hold the list, as `edges` of a connection. */
  readonly sizedFields: readonly string[];
  readonly requireOneSlicingArgument: boolean;
}

export interface CostTable {
  /** By `Type`, `Type.field`, `Type.field(argument:)` or `Input.field`. */
  readonly weights: ReadonlyMap<string, number>;
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
  /** Values that cannot be used and are left out of both, one sentence each. */
  readonly problems: readonly string[];
}

const COST_SPEC = 'https://specs.apollo.dev/cost';

/**
 * The `@cost` and `@listSize` of a supergraph, under whatever names they were imported. What subgraphs say of one
 * element composition has merged: the largest weights and sizes, all arguments and fields, and one slicing
 * argument is required where all of them require it.
 */
export function readCostDirectives(document: DocumentNode): CostTable {
  const costs = featureDirectives(document, COST_SPEC, 'cost');
  const sizes = featureDirectives(document, COST_SPEC, 'listSize');
  const weights = new Map<string, number>();
  const listSizes = new Map<string, ListSize>();
  const problems: string[] = [];
  for (const { coordinate, directives } of elementsOf(document)) {
    const complain = (text: string): void => void problems.push(`${coordinate}: ${text}`);
    for (const directive of namedAny(directives, costs)) {
      const weight = readSize(argumentsOf(directive).get('weight'), 'the weight of @cost', complain);
      if (weight !== null) weights.set(coordinate, Math.max(weight, weights.get(coordinate) ?? 0));
    }
    for (const directive of namedAny(directives, sizes)) {
      listSizes.set(coordinate, Object.freeze(readListSize(argumentsOf(directive), complain)));
    }
  }
  return Object.freeze({ weights, listSizes, problems });
}

type Complain = (text: string) => void;
type Arguments = ReadonlyMap<string, unknown>;

function argumentsOf(directive: ConstDirectiveNode): Arguments {
  return new Map(directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
}

function readListSize(given: Arguments, complain: Complain): ListSize {
  const assumed = given.get('assumedSize') ?? null;
  return {
    assumedSize: assumed === null ? null : readSize(assumed, 'assumedSize of @listSize', complain),
    slicingArguments: readNames(given.get('slicingArguments'), 'slicingArguments', complain),
    sizedFields: readNames(given.get('sizedFields'), 'sizedFields', complain),
    requireOneSlicingArgument: given.get('requireOneSlicingArgument') !== false,
  };
}

/** Negative weights would let one part of an operation pay for another. */
function readSize(value: unknown, what: string, complain: Complain): number | null {
  // As text, as in the directive's first specification.
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  complain(
    `${what} is ${JSON.stringify(value) ?? 'missing'}; it must be a whole number that is not negative`,
  );
  return null;
}

function readNames(value: unknown, name: string, complain: Complain): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value ?? []].flat();
  const names = items.filter(item => typeof item === 'string');
  if (names.length < items.length) complain(`${name} of @listSize must be names, between quotation marks`);
  return Object.freeze([...new Set(names)]);
}
