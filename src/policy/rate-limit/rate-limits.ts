import type { OperationDefinitionNode } from 'graphql';
import type { SelectedOperation } from '../field-places.ts';
import type { AnswerCalls } from './answer-calls.ts';
import { type BindLimits, compileBinding } from './bind.ts';
import { CallersBuckets } from './callers-buckets.ts';
import { type CompileSources, touchedLimits } from './compile.ts';
import { type DeclaredLimits, declareLimits } from './declare.ts';
import { type LimitPlan, type PlanContext, planLimit } from './limit-plan.ts';

/** All limits of one generation. */
export interface RateLimits {
  readonly limits: readonly LimitPlan[];
  /** What a caller may not see counts all the same: it was asked for. */
  of(operation: SelectedOperation & { readonly documentHash: string }): OperationLimits;
}

/** The limits that an operation comes under, whoever runs it. */
export interface OperationLimits {
  /** Empty when nothing limits it. */
  readonly bind: BindLimits;
  /** Fields whose calls are counted over answers; null: none. */
  readonly calls: AnswerCalls | null;
}

const NOTHING: OperationLimits = Object.freeze({ bind: () => [], calls: null });

/** @throws RangeError for what `rateLimitProblems` tells of. */
export function compileRateLimits(
  declared: DeclaredLimits,
  context: PlanContext & Omit<CompileSources, 'limited'>,
): RateLimits {
  const limits = declareLimits(declared).map(declaration => planLimit(declaration, context));
  const limited = new Set(limits.flatMap(({ target }) => [...(target?.fields ?? [])]));
  const buckets = new CallersBuckets();
  // By the definition: field nodes are known by identity, and the same text may be parsed twice.
  const compiled = new WeakMap<OperationDefinitionNode, OperationLimits>();
  return {
    limits,
    of(operation) {
      if (limits.length === 0) return NOTHING;
      const known = compiled.get(operation.definition);
      if (known !== undefined) return known;
      const touched = touchedLimits(operation, limits, { ...context, limited });
      const isFree = touched.limits.length === 0;
      const made = isFree
        ? NOTHING
        : Object.freeze({ bind: compileBinding(touched, buckets), calls: touched.calls });
      compiled.set(operation.definition, made);
      return made;
    },
  };
}
