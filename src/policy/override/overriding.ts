import type { GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { BoundOperation } from '../../http/bound-operation.ts';
import type { Caller } from '../../http/caller.ts';
import { shareOf } from '../../shared/share-of.ts';
import type { OverrideTable } from '../../supergraph/override-labels.ts';
import { fieldPlaces, fragmentPlaces } from '../field-places.ts';

/** Whose request it is, for progressive overrides. */
export interface OverrideSubject {
  readonly caller: Caller;
  readonly clientAddress: () => string;
}

/** Decides which progressive overrides are on for a request. */
export interface Overriding {
  /** The operation with its labels: another one, for plans and answers, than without them. */
  decide(operation: BoundOperation, subject: OverrideSubject): BoundOperation;
  /** What `decide` may make of the operation, whoever asks. */
  variants(operation: BoundOperation): readonly BoundOperation[];
}

/** A part of the subjects, for whom the same labels are on. */
interface Side {
  /** Those of a share below that; the last side has all that are left. */
  readonly below: number;
  readonly labels: readonly string[];
}

interface OverridingOptions {
  readonly table: OverrideTable;
  /** Label → percent of the subjects for whom it is on. */
  readonly shares: ReadonlyMap<string, number>;
  /** For what rules read of objects, hidden fields among them. */
  readonly schema: GraphQLSchema;
}

/** Null where no field is under a progressive override. */
export function createOverriding({ table, shares, schema }: OverridingOptions): Overriding | null {
  if (table.labels.size === 0) return null;
  const labelsOf = (places: readonly { readonly coordinate: string }[]): string[] =>
    places.flatMap(({ coordinate }) => table.touched.get(coordinate) ?? []);
  // By the definition: its document may be parsed again, and is the same then.
  const known = new WeakMap<OperationDefinitionNode, readonly Side[]>();
  const sidesOf = (operation: BoundOperation): readonly Side[] => {
    const { definition, denial } = operation;
    const reads = denial?.deferred?.reads;
    const found = reads === undefined ? known.get(definition) : undefined;
    if (found !== undefined) return found;
    const fragments = [...(reads?.values() ?? [])].flat();
    const touched = [
      ...table.unavoidable,
      ...labelsOf(fieldPlaces(operation)),
      ...labelsOf(fragmentPlaces(fragments, schema)),
    ];
    const sides = divide(new Set(touched), shares);
    if (reads === undefined) known.set(definition, sides);
    return sides;
  };
  return {
    decide(operation, subject) {
      const sides = sidesOf(operation);
      const share = sides.length === 1 ? 0 : shareOf(`override ${nameOf(subject)}`);
      const side = sides.find(({ below }) => share < below);
      return withLabels(operation, side?.labels ?? []);
    },
    variants: operation => sidesOf(operation).map(({ labels }) => withLabels(operation, labels)),
  };
}

/** Who is not known by a subject is known by address: what comes from there stays on its side, too. */
function nameOf({ caller, clientAddress }: OverrideSubject): string {
  return caller.subject === null ? `address ${clientAddress()}` : `subject ${caller.subject}`;
}

/** As all labels see the same share of a subject, there is one side more than there are shares. */
function divide(touched: ReadonlySet<string>, shares: ReadonlyMap<string, number>): readonly Side[] {
  const found = [...touched].sort().map(label => [label, shares.get(label) ?? 0] as const);
  const bounds = new Set([...found.map(([, share]) => share).filter(share => share > 0), 100]);
  return [...bounds]
    .sort((a, b) => a - b)
    .map(below => {
      const labels = found.flatMap(([label, share]) => (share >= below ? [label] : []));
      return Object.freeze({ below, labels: Object.freeze(labels) });
    });
}

/** In front, where it cannot be taken for the end of what a client or a rule has written. */
function withLabels(operation: BoundOperation, labels: readonly string[]): BoundOperation {
  if (labels.length === 0) return operation;
  const mark = `@${JSON.stringify(labels)}`;
  return {
    ...operation,
    overrides: labels,
    id: `${mark} ${operation.id}`,
    key: `${mark} ${operation.key}`,
  };
}
