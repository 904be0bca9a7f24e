import type { FetchCache } from '../../cache/entities/fetch-caching.ts';
import { type EntityGroup, type ExecutionPlan, type FetchPlan, fetchesOf } from '../plan.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import { compileEntityFetch } from './entity-fetch.ts';
import { type FetchedFields, keysAreUnambiguous, readFetchedFields } from './fetched-fields.ts';
import { compileRootFetch } from './root-fetch.ts';
import { compileUnaskedKeys, type FindDropUnasked } from './unasked-keys.ts';

/** A compiled plan. Resolves when the run's data is complete; failures are in the run, not thrown. */
export type RunPlan = (run: Run) => Promise<void>;

export interface CompiledPlan {
  readonly run: RunPlan;
  /** Whether it may be answered with what is kept, so that it asks other things from one time to the next. */
  readonly usesKept: boolean;
}

/** Turns a plan into closures, once for an operation shape. */
export function compilePlan(plan: ExecutionPlan, context: CompileContext): CompiledPlan {
  const fetches = [...fetchesOf(plan)];
  const fields = new Map(fetches.map(fetch => [fetch, readFetchedFields(fetch)]));
  // Who has changed something is to see what became of it.
  const isQuery = fetches.every(({ operationKind }) => operationKind === 'query');
  const compiler = new PlanCompiler(fields, isQuery ? context : { ...context, caching: null });
  const run = compiler.node(plan);
  return { run, usesKept: compiler.usesKept };
}

class PlanCompiler {
  readonly #fields: ReadonlyMap<FetchPlan, FetchedFields>;
  readonly #context: CompileContext;
  readonly #shareObjects: boolean;
  readonly #repeated: ReadonlySet<string>;
  readonly #findDropUnasked: FindDropUnasked;
  usesKept = false;

  constructor(fields: ReadonlyMap<FetchPlan, FetchedFields>, context: CompileContext) {
    this.#fields = fields;
    this.#context = context;
    this.#shareObjects = keysAreUnambiguous([...fields.values()]);
    this.#repeated = repeatedOperations([...fields.keys()]);
    this.#findDropUnasked = compileUnaskedKeys(fields, context.isSubtype);
  }

  node(plan: ExecutionPlan): RunPlan {
    switch (plan.kind) {
      case 'sequence':
        return inSequence(plan.nodes.map(node => this.node(node)));
      case 'parallel':
        return inParallel(plan.nodes.map(node => this.node(node)));
      case 'condition':
        return onCondition(plan.variable, {
          ifTrue: plan.ifTrue === null ? nothing : this.node(plan.ifTrue),
          ifFalse: plan.ifFalse === null ? nothing : this.node(plan.ifFalse),
        });
      case 'fetch':
        return this.#fetch(plan);
    }
  }

  #fetch(plan: FetchPlan): RunPlan {
    const fields = this.#fields.get(plan) ?? readFetchedFields(plan);
    const cache = cacheOf(plan, fields, this.#context);
    this.usesKept ||= cache !== null;
    if (plan.target.kind === 'root')
      return compileRootFetch(
        { ...plan, target: plan.target },
        { fields, cache, dropUnasked: this.#findDropUnasked(plan, null) },
        this.#context,
      );
    const options = {
      fields,
      cache,
      shareObjects: this.#shareObjects,
      findDropUnasked: (group: EntityGroup) => this.#findDropUnasked(plan, group),
      joinLoads: this.#repeated.has(`${plan.subgraph} ${plan.operation}`),
    };
    return compileEntityFetch({ ...plan, target: plan.target }, options, this.#context);
  }
}

function cacheOf(
  { subgraph, target }: FetchPlan,
  fields: FetchedFields,
  { caching }: CompileContext,
): FetchCache | null {
  if (caching === null) return null;
  const fetch = { subgraph, document: fields.document };
  if (target.kind === 'root') return caching.root(fetch);
  const groups = target.groups.flatMap(({ alias, requires }) => {
    const set = fields.setOf(alias);
    const types = requires.flatMap(part => (part.kind === 'types' ? [part.typeCondition] : []));
    return set === undefined ? [] : [{ alias, set, types }];
  });
  return caching.entities(fetch, groups);
}

const nothing: RunPlan = () => Promise.resolve();

interface Branches {
  readonly ifTrue: RunPlan;
  readonly ifFalse: RunPlan;
}

/** Apart from the compiler: a closure keeps all that is named around it, and with it every operation, parsed. */
function onCondition(variable: string, { ifTrue, ifFalse }: Branches): RunPlan {
  return run => (run.variables[variable] === true ? ifTrue(run) : ifFalse(run));
}

function inSequence(nodes: readonly RunPlan[]): RunPlan {
  return async run => {
    for (const node of nodes) await node(run);
  };
}

function inParallel(nodes: readonly RunPlan[]): RunPlan {
  return async run => {
    await Promise.all(nodes.map(node => node(run)));
  };
}

function repeatedOperations(fetches: readonly FetchPlan[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { subgraph, operation } of fetches) {
    const signature = `${subgraph} ${operation}`;
    if (seen.has(signature)) repeated.add(signature);
    seen.add(signature);
  }
  return repeated;
}
