import type { DocumentNode, FragmentDefinitionNode } from 'graphql';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { FieldBreaker } from './field-breaker.ts';
import type { FoundField, GuardedField } from './guarded-fields.ts';
import type { FallbackPlan, Guarding } from './guarding.ts';
import type { LastGood } from './last-good.ts';
import { compileLastGoodPlace, type LastGoodPlace } from './last-good-place.ts';
import { selectedConstant } from './selected-constant.ts';

/** What makes of objects of an entity group, or of the root (null), what is to be merged. */
export type PrepareOf = (alias: string | null) => ((answer: JsonObject) => void) | null;

export interface FallbacksInput {
  readonly subgraph: string;
  readonly document: DocumentNode;
  readonly guarding: Guarding;
  readonly prepareOf: PrepareOf;
  readonly isSubtype: SubtypeCheck;
}

/** Where and for how long last good values are kept. */
export interface Memory extends LastGoodPlace {
  readonly lastGood: LastGood;
  readonly staleMs: number;
  /** Breakers of fields below: while one of them is open it is another selection. */
  readonly parts: readonly FieldBreaker[];
}

export interface CompiledFallback {
  readonly field: GuardedField;
  /** Null: no last good value is kept. */
  readonly memory: Memory | null;
  /** In the form of an answer. */
  readonly constant: Json | undefined;
}

interface FallbackParts extends FoundField {
  readonly plan: FallbackPlan;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** What one field answers where its subgraph gives it no value. */
export function compileFallback(
  { field, node, plan, fragments }: FallbackParts,
  fields: readonly FoundField[],
  input: FallbacksInput,
): CompiledFallback {
  const constant = plan.value === undefined ? undefined : selectedConstant(plan.value, node, fragments);
  const { staleMs } = plan;
  const { lastGood, schema } = input.guarding;
  const isWrite = field.coordinate.startsWith(`${schema.getMutationType()?.name ?? ''}.`);
  // Below the entry the object has no name of its own by which its value could be found again. What a mutation did once
  // it has not done this time.
  if (lastGood === null || staleMs === null || field.path.length > 1 || isWrite)
    return { field, constant, memory: null };
  const [name] = field.path;
  const below = fields.filter(({ field: { alias, path } }) => alias === field.alias && path[0] === name);
  const parts = below.flatMap(({ field: { breaker, path } }) =>
    breaker === null || path.length === 1 ? [] : [breaker],
  );
  return {
    field,
    constant,
    memory: { ...compileLastGoodPlace({ field, node }, input), lastGood, staleMs, parts },
  };
}
