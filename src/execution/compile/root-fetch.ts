import type { JsonObject } from '../../shared/json.ts';
import type { FetchPlan, RootTarget } from '../plan.ts';
import { mergeInto } from '../run/merge.ts';
import { readAnswer } from '../run/read-answer.ts';
import { anchorAtFields, anchorAtPath, failureOfError, failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import type { FetchedFields } from './fetched-fields.ts';
import { compileOutputRewrites } from './output-rewrites.ts';
import { compilePath } from './path.ts';
import { compileRequestBody } from './request-body.ts';

/** A fetch of root fields, merged into the response or into every object at the target's path. */
export function compileRootFetch(
  fetch: FetchPlan & { readonly target: RootTarget },
  fields: FetchedFields,
  context: CompileContext,
): (run: Run) => Promise<void> {
  const { subgraph, operationKind } = fetch;
  const writeBody = compileRequestBody(fetch);
  const walk = compilePath(fetch.target.path);
  const rewrite = compileOutputRewrites(fetch.target.outputRewrites);
  const errorPolicy = context.errorsOf(subgraph);
  const keys = fields.keysOf(null);

  return async run => {
    const targets: JsonObject[] = [];
    walk(run.data, run.shared, object => targets.push(object));
    if (targets.length === 0) return;
    try {
      const reply = await run.ask({
        subgraph,
        operationKind,
        body: writeBody(run.variables, []),
        context: run.context,
      });
      const answer = readAnswer(reply, subgraph);
      run.hasEscapes ||= answer.hasEscapes;
      if (answer.data !== null) {
        rewrite?.(answer.data);
        for (const target of targets) mergeInto(target, answer.data);
      }
      for (const error of answer.errors) {
        const failure = failureOfError(error, subgraph, errorPolicy);
        if (error.path === null) anchorAtFields(run, failure, { targets, keys });
        else for (const target of targets) anchorAtPath(run, failure, { from: target, path: error.path });
      }
    } catch (error) {
      anchorAtFields(run, failureOfFetch(error, subgraph), { targets, keys });
    }
  };
}
