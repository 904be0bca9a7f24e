import { type ExecutionPlan, type FetchPlan, fetchesOf } from '../plan.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import { compileEntityFetch } from './entity-fetch.ts';
import { type FetchedFields, keysAreUnambiguous, readFetchedFields } from './fetched-fields.ts';
import { compileRootFetch } from './root-fetch.ts';

/** A compiled plan. Resolves when the run's data is complete; failures are in the run, not thrown. */
export type RunPlan = (run: Run) => Promise<void>;

/** Turns a plan into closures, once for an operation shape. */
export function compilePlan(plan: ExecutionPlan, context: CompileContext): RunPlan {
  const fetches = [...fetchesOf(plan)];
  const fields = new Map(fetches.map(fetch => [fetch, readFetchedFields(fetch)]));
  const compiler = new PlanCompiler(fields, context);
  return compiler.node(plan);
}

class PlanCompiler {
  readonly #fields: ReadonlyMap<FetchPlan, FetchedFields>;
  readonly #context: CompileContext;
  readonly #shareObjects: boolean;
  readonly #repeated: ReadonlySet<string>;

  constructor(fields: ReadonlyMap<FetchPlan, FetchedFields>, context: CompileContext) {
    this.#fields = fields;
    this.#context = context;
    this.#shareObjects = keysAreUnambiguous([...fields.values()]);
    this.#repeated = repeatedOperations([...fields.keys()]);
  }

  node(plan: ExecutionPlan): RunPlan {
    switch (plan.kind) {
      case 'sequence':
        return inSequence(plan.nodes.map(node => this.node(node)));
      case 'parallel':
        return inParallel(plan.nodes.map(node => this.node(node)));
      case 'condition': {
        const ifTrue = plan.ifTrue === null ? nothing : this.node(plan.ifTrue);
        const ifFalse = plan.ifFalse === null ? nothing : this.node(plan.ifFalse);
        return run => (run.variables[plan.variable] === true ? ifTrue(run) : ifFalse(run));
      }
      case 'fetch':
        return this.#fetch(plan);
    }
  }

  #fetch(plan: FetchPlan): RunPlan {
    const fields = this.#fields.get(plan) ?? readFetchedFields(plan);
    if (plan.target.kind === 'root')
      return compileRootFetch({ ...plan, target: plan.target }, fields, this.#context);
    const options = {
      fields,
      shareObjects: this.#shareObjects,
      joinLoads: this.#repeated.has(`${plan.subgraph} ${plan.operation}`),
    };
    return compileEntityFetch({ ...plan, target: plan.target }, options, this.#context);
  }
}

const nothing: RunPlan = () => Promise.resolve();

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
