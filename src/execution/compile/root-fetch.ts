import type { FetchCache, KeptValue } from '../../cache/entities/fetch-caching.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { CacheCounts } from '../fetch/subgraph-fetch.ts';
import { compileGuards, type FetchGuards } from '../guard/compile-guards.ts';
import type { Fallbacks, Loaded } from '../guard/fallbacks.ts';
import { ALL_WELL, type Passage, type Verdict } from '../guard/fetch-guard.ts';
import type { FetchPlan, RootTarget } from '../plan.ts';
import { mergeInto } from '../run/merge.ts';
import { noteKept } from '../run/note-kept.ts';
import type { SubgraphAnswer } from '../run/read-answer.ts';
import { anchorAtFields, anchorAtPath, failureOfError, failureOfFetch } from '../run/record-failures.ts';
import type { Run } from '../run/run.ts';
import { blamesSubgraph, compileAsk } from './ask.ts';
import { recallHeaders, useKept } from './asker.ts';
import type { CompileContext } from './context.ts';
import type { FetchedFields } from './fetched-fields.ts';
import { compileFindRoot, type FoundRoot } from './kept-root.ts';
import { compilePath } from './path.ts';
import { compilePrepare, type Prepare } from './prepare-answer.ts';
import { compileRequestBody } from './request-body.ts';
import type { DropUnasked } from './unasked-keys.ts';

interface RootFetchOptions {
  readonly fields: FetchedFields;
  /** Null: nothing of the fetch is kept. */
  readonly cache: FetchCache | null;
  readonly dropUnasked: DropUnasked | null;
}

type RootFetchPlan = FetchPlan & { readonly target: RootTarget };

/** A fetch of root fields, merged into the response or into every object at the target's path. */
export function compileRootFetch(
  fetch: RootFetchPlan,
  { fields, cache, dropUnasked }: RootFetchOptions,
  context: CompileContext,
): (run: Run) => Promise<void> {
  const { subgraph } = fetch;
  const { isSubtype, guarding } = context;
  const prepare = compilePrepare(fetch.target.outputRewrites, dropUnasked);
  const whole = compileRequestBody(fetch);
  const guardsInput = { fetch, document: fields.document, isSubtype, prepareOf: () => prepare };
  const guards =
    guarding === null ? null : compileGuards({ ...guardsInput, guarding }, whole, compileRequestBody);
  const fallbacks = guards?.fallbacks ?? null;
  const walk = compilePath(fetch.target.path);
  const ask = compileAsk(fetch, guards);
  const keys = fields.keysOf(null);
  const use = compileUse({ subgraph, prepare, guards, keys }, context);
  const findKept = cache === null ? null : compileFindRoot({ subgraph, cache, ask, whole, guards });
  const serve = compileServe({ subgraph, prepare, cache, names: fields.namesOf(null) });

  const load = async (run: Run, targets: JsonObject[], found: FoundRoot | null): Promise<void> => {
    if (found !== null && found.value !== null) return serve(run, targets, found.value);
    const passage = guards?.guard.enter() ?? null;
    const writeBody = guards === null || passage === null ? whole : guards.variant(passage);
    const spare = found?.spare ?? null;
    if (writeBody === null && spare !== null)
      return serve(run, targets, { ...spare, insteadOf: 'CIRCUIT_OPEN' });
    if (writeBody !== null) {
      const asking = {
        body: writeBody(run.variables, []),
        passage,
        cache: found === null ? undefined : MISSED,
      };
      // Without all of its fields it is another selection.
      const keep = passage === null || passage.cut.size === 0 ? found?.begin() : undefined;
      const failure = await failureIn(
        ask(run, asking, (answer, isJoined) => {
          keep?.(answer, isJoined);
          return use(run, targets, { answer, passage });
        }),
      );
      if (failure !== null && spare !== null && blamesSubgraph(failure))
        return serve(run, targets, { ...spare, insteadOf: failure.code });
      if (failure !== null) anchorAtFields(run, failureOfFetch(failure, subgraph), { targets, keys });
    }
    // Below what the others brought, where it is deeper.
    if (guards !== null && passage !== null) guards.recordCut(run, passage, { alias: null, targets });
    if (fallbacks !== null && run.failures.size > 0)
      await fallbacks.recover(run, [{ alias: null, targets, representationOf: () => '' }]);
  };
  return async run => {
    const targets: JsonObject[] = [];
    walk(run.data, run.shared, object => targets.push(object));
    if (targets.length === 0) return;
    const found = findKept === null ? null : await findKept(run);
    await load(run, targets, found).finally(() => found?.end());
  };
}

const MISSED: CacheCounts = Object.freeze({ hits: 0, misses: 1 });

/** What a fetch rejects with; null: it does not. */
function failureIn(fetch: Promise<void>): Promise<unknown> {
  return fetch.then(
    () => null,
    (error: unknown) => error ?? new TypeError('a fetch failed without an error'),
  );
}

interface UseParts {
  readonly subgraph: string;
  readonly prepare: Prepare | null;
  readonly guards: FetchGuards<unknown> | null;
  readonly keys: readonly string[];
}

interface Answered {
  readonly answer: SubgraphAnswer;
  readonly passage: Passage | null;
}

/** Merges an answer, records its errors, and says what they tell of the guarded fields. */
function compileUse(
  { subgraph, prepare, guards, keys }: UseParts,
  { errorsOf }: CompileContext,
): (run: Run, targets: readonly JsonObject[], answered: Answered) => Verdict {
  const errorPolicy = errorsOf(subgraph);
  return (run, targets, { answer, passage }) => {
    // Before anything is added to it.
    const verdict = guards === null ? ALL_WELL : guards.guard.judgeRoot(answer);
    if (answer.data !== null) {
      const fallbacks = guards?.fallbacks ?? null;
      fallbacks?.keep(run, null, { ...wholeAnswer(answer, fallbacks), cut: passage?.cut });
      prepare?.(answer.data);
      for (const target of targets) mergeInto(target, answer.data);
    }
    for (const error of answer.errors) {
      const failure = failureOfError(error, subgraph, errorPolicy);
      if (error.path === null) anchorAtFields(run, failure, { targets, keys });
      else for (const target of targets) anchorAtPath(run, failure, { from: target, path: error.path });
    }
    return verdict;
  };
}

interface ServeParts extends Pick<UseParts, 'subgraph' | 'prepare'> {
  readonly cache: FetchCache | null;
  readonly names: ReadonlyMap<string, string>;
}

/** Merges what was kept as if it came from the subgraph. */
function compileServe({ subgraph, prepare, cache, names }: ServeParts) {
  return (
    run: Run,
    targets: readonly JsonObject[],
    kept: KeptValue & { readonly insteadOf?: string },
  ): void => {
    const { value, insteadOf = null } = kept;
    useKept(run, kept);
    recallHeaders(run, subgraph, [kept]);
    if (value === null) return;
    prepare?.(value);
    for (const target of targets) {
      mergeInto(target, value);
      if (insteadOf !== null)
        cache?.servedForError(
          noteKept(run, target, { subgraph, value, names, kept: { ...kept, insteadOf } }),
        );
    }
  };
}

/** A root has no representation, and is one thing. */
function wholeAnswer({ data, errors, extensions }: SubgraphAnswer, fallbacks: Fallbacks): Loaded {
  const said = extensions === null ? [] : (fallbacks.readTags(extensions, -1)?.(0) ?? null);
  return { entities: [{ value: data, errors, said }], representations: [''] };
}
