import type { GraphQLSchema } from 'graphql';
import type { OutagePolicy } from '../../config/rate-limit.ts';
import { parseRateLimitKey, type RateLimitKey } from '../../config/rate-limit-key.ts';
import { type BucketPlan, planBucket } from './bucket.ts';
import type { LimitDeclaration } from './declare.ts';
import { limitedFields } from './limited-fields.ts';

/** A limit, compiled for one generation. */
export interface LimitPlan {
  readonly plan: BucketPlan;
  readonly by: readonly RateLimitKey[];
  /** Whether its buckets depend on the arguments of the field. */
  readonly isByArgument: boolean;
  /** Whether they depend on the caller, its persona and its address alone. */
  readonly isByCaller: boolean;
  readonly spend: LimitDeclaration['spend'];
  readonly onExceeded: LimitDeclaration['onExceeded'];
  readonly shadow: boolean;
  readonly onOutage: OutagePolicy;
  /** Null: no matter which. */
  readonly personas: ReadonlySet<string> | null;
  readonly tiers: ReadonlySet<string> | null;
  readonly operations: ReadonlySet<string> | null;
  readonly subgraphs: ReadonlySet<string> | null;
  readonly target: LimitTarget | null;
}

/** What of the schema a limit is on. */
export interface LimitTarget {
  /** `Type.field`, in every way in which it may be selected. */
  readonly fields: ReadonlySet<string>;
  /** Root types: no field answers with them, an operation does. */
  readonly rootTypes: ReadonlySet<string>;
}

export interface PlanContext {
  /** With all types, hidden ones too. */
  readonly schema: GraphQLSchema;
  readonly exactLogLimit: number;
  /** Id of a registered document → the hashes of its texts, as the same text may be sent without the id. */
  readonly hashesOf: (documentId: string) => readonly string[];
}

/** @throws RangeError for numbers that cannot be counted. */
export function planLimit(declared: LimitDeclaration, context: PlanContext): LimitPlan {
  const { id, algorithm, limit, window: windowMs, burst, for: on } = declared;
  const by = declared.by.map(parseRateLimitKey);
  return Object.freeze({
    plan: planBucket({ id, algorithm, limit, windowMs, burst }, context.exactLogLimit),
    by,
    isByArgument: by.some(({ kind }) => kind === 'arg'),
    isByCaller: by.every(({ kind }) => kind !== 'arg' && kind !== 'header'),
    spend: declared.spend,
    onExceeded: declared.onExceeded,
    shadow: declared.shadow,
    onOutage: declared.onOutage,
    personas: setOf(on.personas),
    tiers: setOf(on.tiers),
    operations: setOf(on.operations?.flatMap(name => [name, ...context.hashesOf(name)])),
    subgraphs: setOf(on.subgraphs),
    target: targetOf(on.coordinates, context.schema),
  });
}

/** An empty list says as little as none. */
function setOf(names: readonly string[] | undefined): ReadonlySet<string> | null {
  return names === undefined || names.length === 0 ? null : new Set(names);
}

function targetOf(coordinates: readonly string[] | undefined, schema: GraphQLSchema): LimitTarget | null {
  if (coordinates === undefined || coordinates.length === 0) return null;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const rootNames = roots.flatMap(type => (type ? [type.name] : []));
  return {
    fields: new Set(coordinates.flatMap(coordinate => [...limitedFields(coordinate, schema)])),
    rootTypes: new Set(coordinates.filter(coordinate => rootNames.includes(coordinate))),
  };
}
