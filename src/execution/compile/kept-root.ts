import type { FetchCache, Found, Place } from '../../cache/entities/fetch-caching.ts';
import type { Due } from '../../cache/freshness/refreshes.ts';
import type { FetchGuards } from '../guard/compile-guards.ts';
import { ALL_WELL } from '../guard/fetch-guard.ts';
import type { SubgraphAnswer } from '../run/read-answer.ts';
import type { Run } from '../run/run.ts';
import type { Ask } from './ask.ts';
import { askerOf, behind, patienceOf, recordCached, useFresh } from './asker.ts';
import type { WriteBody } from './request-body.ts';

export type KeepRoot = (answer: SubgraphAnswer, isJoined: boolean) => void;

/** What is kept of one fetch of root fields, for one run. */
export interface FoundRoot extends Found {
  /** To be called right before the subgraph is asked for all of them. */
  begin(): KeepRoot;
  /** To be called when that is over. */
  end(): void;
}

interface KeptRootParts {
  readonly subgraph: string;
  readonly cache: FetchCache;
  readonly ask: Ask;
  readonly whole: WriteBody;
  readonly guards: FetchGuards<unknown> | null;
}

/** Null: for this caller, or with these variables, nothing is kept. */
export type FindRoot = (run: Run) => Promise<FoundRoot | null>;

export function compileFindRoot(parts: KeptRootParts): FindRoot {
  const { subgraph, cache, guards } = parts;
  return async run => {
    const [place = null] = cache.places(askerOf(run, subgraph), null, ['']);
    if (place === null) return null;
    const { found: at, others, end } = await cache.find([place], patienceOf(run, guards));
    const [found] = others === null ? at : await others.wait();
    const endAll = (): void => {
      end();
      others?.end();
    };
    if (found === undefined) {
      endAll();
      return null;
    }
    if (found.value !== null) recordCached(run, subgraph, 1);
    if (found.due !== null) refresh(run, { place, due: found.due }, parts);
    return { ...found, begin: () => keepIn(run, place, cache), end: endAll };
  };
}

function keepIn(run: Run, place: Place, cache: FetchCache): KeepRoot {
  const begun = cache.begin();
  return ({ data, errors, reply, extensions }, isJoined) => {
    if (data === null || errors.length > 0) return;
    useFresh(run, cache, { place, value: data });
    if (!isJoined) cache.keep([{ place, value: data }], { ...reply, extensions, begun, isOneList: true });
  };
}

interface DuePlace {
  readonly place: Place;
  readonly due: Due;
}

function refresh(run: Run, { place, due }: DuePlace, { cache, ask, whole, guards }: KeptRootParts): void {
  const askAgain = async (): Promise<void> => {
    // An open breaker lets nothing through for what is there already, nor does its probe go to it.
    if (guards?.guard.isClosed() === false) return;
    const own = behind(run);
    const keep = keepIn(own, place, cache);
    const asking = { body: whole(run.variables, []), passage: null };
    await ask(own, asking, (answer, isJoined) => {
      keep(answer, isJoined);
      return guards === null ? ALL_WELL : guards.guard.judgeRoot(answer);
    });
  };
  void cache.refresh([due], askAgain).catch(() => {});
}
