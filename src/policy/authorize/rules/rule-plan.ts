import type { FragmentDefinitionNode } from 'graphql';

/** What a team wrote: (parent, args, context, info), and anything may come back, also a promise. */
export type RuleFunction = (parent: unknown, args: unknown, context: unknown, info: unknown) => unknown;

interface Compiled {
  /** No result in it depends on arguments or parent: one evaluation a request serves all fields. */
  readonly isContextual: boolean;
  /** What its leaves need of the parent beyond what the client selected. No aliases, variables or directives. */
  readonly fragments: readonly FragmentDefinitionNode[];
}

export interface LeafPlan extends Compiled {
  readonly kind: 'leaf';
  /** For logs only. Results are remembered by the identity of this object, never by its name. */
  readonly name: string;
  readonly check: RuleFunction;
  /** For how long a result holds within a request; a function names what it holds for. */
  readonly cache: 'no_cache' | 'contextual' | 'strict' | RuleFunction;
}

/** `and` and `or` ask all their rules; `chain` stops at the first that denies, `race` at the first that allows. */
export interface GroupPlan extends Compiled {
  readonly kind: 'and' | 'or' | 'chain' | 'race';
  readonly rules: readonly RulePlan[];
}

export interface NotPlan extends Compiled {
  readonly kind: 'not';
  readonly rule: RulePlan;
  readonly message: string | null;
}

export interface ConstantPlan extends Compiled {
  readonly kind: 'allow' | 'deny';
}

/** A shield rule, read once. Frozen; plans of one load are equal exactly if the rules are one object. */
export type RulePlan = LeafPlan | GroupPlan | NotPlan | ConstantPlan;

export const ALLOW: RulePlan = Object.freeze({ kind: 'allow', isContextual: true, fragments: [] });
export const DENY: RulePlan = Object.freeze({ kind: 'deny', isContextual: true, fragments: [] });
