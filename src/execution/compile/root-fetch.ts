import type { JsonObject } from '../../shared/json.ts';
import { compileGuards } from '../guard/compile-guards.ts';
import type { Loaded } from '../guard/fallbacks.ts';
import { ALL_WELL, type Verdict } from '../guard/fetch-guard.ts';
import type { FetchPlan, RootTarget } from '../plan.ts';
import { mergeInto } from '../run/merge.ts';
import type { SubgraphAnswer } from '../run/read-answer.ts';
import { anchorAtFields, anchorAtPath, failureOfError, failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import { type Asking, compileAsk } from './ask.ts';
import type { CompileContext } from './context.ts';
import type { FetchedFields } from './fetched-fields.ts';
import { compileOutputRewrites } from './output-rewrites.ts';
import { compilePath } from './path.ts';
import { compileRequestBody } from './request-body.ts';

type RootFetchPlan = FetchPlan & { readonly target: RootTarget };

/** A fetch of root fields, merged into the response or into every object at the target's path. */
export function compileRootFetch(
  fetch: RootFetchPlan,
  fields: FetchedFields,
  context: CompileContext,
): (run: Run) => Promise<void> {
  const { subgraph } = fetch;
  const { isSubtype, guarding } = context;
  const rewrite = compileOutputRewrites(fetch.target.outputRewrites);
  const whole = compileRequestBody(fetch);
  const guardsInput = { fetch, document: fields.document, isSubtype, rewriteOf: () => rewrite };
  const guards =
    guarding === null ? null : compileGuards({ ...guardsInput, guarding }, whole, compileRequestBody);
  const fallbacks = guards?.fallbacks ?? null;
  const walk = compilePath(fetch.target.path);
  const ask = compileAsk(fetch, guards);
  const errorPolicy = context.errorsOf(subgraph);
  const keys = fields.keysOf(null);

  const use = (run: Run, targets: readonly JsonObject[], answer: SubgraphAnswer): Verdict => {
    if (answer.data !== null) {
      fallbacks?.keep(run, null, wholeAnswer(answer));
      rewrite?.(answer.data);
      for (const target of targets) mergeInto(target, answer.data);
    }
    for (const error of answer.errors) {
      const failure = failureOfError(error, subgraph, errorPolicy);
      if (error.path === null) anchorAtFields(run, failure, { targets, keys });
      else for (const target of targets) anchorAtPath(run, failure, { from: target, path: error.path });
    }
    if (answer.errors.length === 0 || guards === null) return ALL_WELL;
    return guards.guard.judge(new Map([[null, answer.errors]]));
  };

  const fill = async (run: Run, targets: readonly JsonObject[], asking: Asking): Promise<void> => {
    try {
      await ask(run, asking, answer => use(run, targets, answer));
    } catch (error) {
      anchorAtFields(run, failureOfFetch(error, subgraph), { targets, keys });
    }
  };

  return async run => {
    const targets: JsonObject[] = [];
    walk(run.data, run.shared, object => targets.push(object));
    if (targets.length === 0) return;
    const passage = guards?.guard.enter() ?? null;
    const writeBody = guards === null || passage === null ? whole : guards.variant(passage);
    if (writeBody !== null) await fill(run, targets, { body: writeBody(run.variables, []), passage });
    // Below what the others brought, where it is deeper.
    if (guards !== null && passage !== null) guards.recordCut(run, passage, { alias: null, targets });
    fallbacks?.recover(run, { alias: null, targets, representationOf: () => '' });
  };
}

/** A root has no representation, and is one thing. */
function wholeAnswer({ data, errors }: SubgraphAnswer): Loaded {
  return { entities: [{ value: data, errors }], representations: [''] };
}
