import { GatewayError } from '../../errors.ts';
import type { Json } from '../../shared/json.ts';
import type { EntityTarget, FetchPlan } from '../plan.ts';
import { type LoadedEntity, splitEntities } from '../run/load-entities.ts';
import { readAnswer, type SubgraphAnswer } from '../run/read-answer.ts';
import { failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import type { CompileContext } from './context.ts';
import { type BoundGroup, type CompiledGroup, compileGroup } from './entity-group.ts';
import type { FetchedFields } from './fetched-fields.ts';
import { compileRequestBody } from './request-body.ts';

type EntityFetchPlan = FetchPlan & { readonly target: EntityTarget };

interface EntityFetchOptions {
  readonly fields: FetchedFields;
  readonly shareObjects: boolean;
  /** Another fetch of the plan has the same operation, so their loads can be joined. */
  readonly joinLoads: boolean;
}

type Loaded = readonly (LoadedEntity | Error)[];

/** A fetch of `_entities`: binds its groups to objects of the response, asks once, merges what comes back. */
export function compileEntityFetch(
  fetch: EntityFetchPlan,
  options: EntityFetchOptions,
  context: CompileContext,
): (run: Run) => Promise<void> {
  const { subgraph } = fetch;
  const signature = `${subgraph} ${fetch.operation}`;
  const load = compileLoad(fetch);
  const groups = fetch.target.groups.map(group =>
    compileGroup(group, {
      subgraph,
      keys: options.fields.keysOf(group.alias),
      isSubtype: context.isSubtype,
      shareObjects: options.shareObjects,
      errors: context.errorsOf(subgraph),
    }),
  );
  const joins = options.joinLoads && options.shareObjects && groups.length === 1;

  return async run => {
    const bound = bindGroups(groups, run, subgraph);
    const wanted = bound.map(({ representations }) => representations);
    if (wanted.every(representations => representations.length === 0)) return;
    const loadFirst = async (representations: readonly string[]): Promise<Loaded> =>
      (await load(run, [representations]))[0] ?? [];
    const loaded = joins
      ? [await run.loaders.load(signature, wanted[0] ?? [], loadFirst)]
      : await load(run, wanted);
    groups.forEach((group, index) => {
      const at = bound[index];
      if (at !== undefined) group.merge(run, at, loaded[index] ?? []);
    });
  };
}

/** Walks recurse into what subgraphs sent: a list nested a hundred thousand deep is no list of entities. */
function bindGroups(groups: readonly CompiledGroup[], run: Run, subgraph: string): readonly BoundGroup[] {
  try {
    return groups.map(group => group.bind(run));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    run.failures.add(failureOfFetch(new GatewayError('SUBGRAPH_BAD_RESPONSE', { cause: error }), subgraph));
    return groups.map(() => ({ representations: [], targets: [], entityOf: [] }));
  }
}

/** One request for the representations of every group. What cannot be loaded comes back as the error that says why. */
function compileLoad(
  fetch: EntityFetchPlan,
): (run: Run, wanted: readonly (readonly string[])[]) => Promise<readonly Loaded[]> {
  const { subgraph, operationKind } = fetch;
  const { groups } = fetch.target;
  const writeBody = compileRequestBody(fetch);

  return async (run, wanted) => {
    try {
      const lists = wanted.map(representations => `[${representations.join(',')}]`);
      const body = writeBody(run.variables, lists);
      const reply = await run.ask({ subgraph, operationKind, body, context: run.context });
      const answer = readAnswer(reply, subgraph);
      run.hasEscapes ||= answer.hasEscapes;
      return groups.map((group, index) => {
        const { length } = wanted[index] ?? [];
        return length === 0 ? [] : entitiesUnder(answer, group.alias, { length, subgraph });
      });
    } catch (cause) {
      const error = cause instanceof Error ? cause : new GatewayError('INTERNAL_SERVER_ERROR', { cause });
      return wanted.map(representations => representations.map(() => error));
    }
  };
}

/** The list under an alias, checked: a list of another length cannot be told apart, so none of it is used. */
function entitiesUnder(
  answer: SubgraphAnswer,
  alias: string,
  expected: { readonly length: number; readonly subgraph: string },
): Loaded {
  const list: Json = answer.data?.[alias] ?? null;
  const errors = answer.errors.filter(({ path }) => path === null || path[0] === alias);
  const missing = list === null && errors.length > 0;
  if (missing) return splitEntities(new Array(expected.length).fill(null), errors);
  if (!Array.isArray(list) || list.length !== expected.length) {
    const error = new GatewayError('SUBGRAPH_BAD_RESPONSE', { extensions: { subgraph: expected.subgraph } });
    return new Array(expected.length).fill(error);
  }
  return splitEntities(list, errors);
}
