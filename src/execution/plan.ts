/**
 * The one representation both planners are translated into. Frozen, holds no request data, and is compiled
 * once per operation shape (`compile/`) before anything runs.
 */
export type ExecutionPlan =
  | { readonly kind: 'sequence'; readonly nodes: readonly ExecutionPlan[] }
  | { readonly kind: 'parallel'; readonly nodes: readonly ExecutionPlan[] }
  | ConditionPlan
  | FetchPlan;

export interface ConditionPlan {
  readonly kind: 'condition';
  /** Name of a Boolean variable of the operation. */
  readonly variable: string;
  readonly ifTrue: ExecutionPlan | null;
  readonly ifFalse: ExecutionPlan | null;
}

/** One request to one subgraph. */
export interface FetchPlan {
  readonly kind: 'fetch';
  readonly subgraph: string;
  readonly operationKind: 'query' | 'mutation';
  /** GraphQL text as the subgraph gets it. */
  readonly operation: string;
  readonly operationName: string | null;
  /** The operation's variables that the text uses, without those of the entity groups. */
  readonly variables: readonly string[];
  readonly target: RootTarget | EntityTarget;
}

export type EntityFetchPlan = FetchPlan & { readonly target: EntityTarget };

/** The fetch asks root fields; its answer is merged into every object at the path (`[]`: the response itself). */
export interface RootTarget {
  readonly kind: 'root';
  readonly path: ResponsePath;
  readonly outputRewrites: readonly Rewrite[];
}

/** The fetch asks `_entities`, once for each group. */
export interface EntityTarget {
  readonly kind: 'entities';
  readonly groups: readonly EntityGroup[];
}

/** Objects at many places of the response that get the same fields from one `_entities` list. */
export interface EntityGroup {
  /** Response key of this group's `_entities` field. */
  readonly alias: string;
  /** Variable that carries its representations. */
  readonly variable: string;
  readonly paths: readonly ResponsePath[];
  readonly requires: readonly RequiredSelection[];
  readonly outputRewrites: readonly Rewrite[];
}

export type ResponsePath = readonly PathSegment[];

export type PathSegment =
  | { readonly kind: 'field'; readonly key: string }
  | { readonly kind: 'list' }
  /** Goes on only into objects whose `__typename` is one of these. */
  | { readonly kind: 'types'; readonly names: readonly string[] };

/** What a representation is made of. Input rewrites of the planners are already worked in. */
export type RequiredSelection =
  | {
      readonly kind: 'field';
      /** Key in the representation. */
      readonly name: string;
      /** Key in the response so far. */
      readonly source: string;
      /** Written instead of the response's value: the type name an interface object goes by. */
      readonly constant: string | null;
      readonly selections: readonly RequiredSelection[] | null;
    }
  | {
      readonly kind: 'types';
      readonly typeCondition: string;
      readonly selections: readonly RequiredSelection[];
    };

/** A change to a subgraph's answer before it is merged. `path` counts from the entity, or from the root. */
export type Rewrite =
  | { readonly kind: 'set'; readonly path: ResponsePath; readonly value: string }
  | { readonly kind: 'rename'; readonly path: ResponsePath; readonly to: string };

/** Every fetch of a plan, in plan order. */
export function* fetchesOf(plan: ExecutionPlan | null): Generator<FetchPlan> {
  if (plan === null) return;
  if (plan.kind === 'fetch') yield plan;
  else if (plan.kind === 'condition') {
    yield* fetchesOf(plan.ifTrue);
    yield* fetchesOf(plan.ifFalse);
  } else for (const node of plan.nodes) yield* fetchesOf(node);
}
