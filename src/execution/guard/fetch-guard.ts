import type { Clock } from '../../shared/clock.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { RequestGuard } from '../fetch/subgraph-fetch.ts';
import type { SubgraphAnswer, SubgraphError } from '../run/read-answer.ts';
import type { FieldBreaker, Probe, ProbeOutcome } from './field-breaker.ts';
import type { GuardedField } from './guarded-fields.ts';

/** How one request gets through the breakers of its fetch, where not all of them are closed. */
export interface Passage {
  /** Breakers whose fields stay out of the request. */
  readonly cut: ReadonlySet<FieldBreaker>;
  /** Breakers that the request is a probe of. */
  readonly probes: ReadonlyMap<FieldBreaker, Probe>;
}

/** What a request showed about the fields that it asked for; whoever is in neither set did well. */
export interface Verdict {
  readonly failed: ReadonlySet<FieldBreaker>;
  /** Nothing was learnt about them, as something above them failed. */
  readonly unreached: ReadonlySet<FieldBreaker>;
}

const NONE: ReadonlySet<FieldBreaker> = new Set();

export const ALL_WELL: Verdict = Object.freeze({ failed: NONE, unreached: NONE });

/** The breakers of one fetch: asked before each of its requests, told after it. */
export class FetchGuard implements RequestGuard {
  readonly #fields: readonly GuardedField[];
  readonly #breakers: readonly FieldBreaker[];
  readonly #clock: Clock;

  constructor(fields: readonly GuardedField[], clock: Clock) {
    this.#fields = fields.filter(({ breaker }) => breaker !== null);
    this.#breakers = [...new Set(this.#fields.flatMap(({ breaker }) => breaker ?? []))];
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#breakers.length === 0;
  }

  /** Whether a request could go out as it is, without asking. */
  isClosed(): boolean {
    for (const breaker of this.#breakers) if (!breaker.isClosed()) return false;
    return true;
  }

  /** For {@link ended}. Whole ms: V8 hands other numbers on as objects. */
  begin(): number {
    return Math.floor(this.#clock.elapsed());
  }

  /** Null where all are closed, which takes no memory. A passage must be given to {@link ended} or `release`. */
  enter(): Passage | null {
    return this.isClosed() ? null : this.#enterOneByOne();
  }

  #enterOneByOne(): Passage | null {
    const now = this.#clock.elapsed();
    const cut = new Set<FieldBreaker>();
    const probes = new Map<FieldBreaker, Probe>();
    for (const breaker of this.#breakers) {
      const passage = breaker.enter(now);
      if (passage === 'cut') cut.add(breaker);
      else if (passage !== 'pass') probes.set(breaker, passage);
    }
    return cut.size === 0 && probes.size === 0 ? null : { cut, probes };
  }

  /** One sample for each field that was asked for. @param startedAt what {@link begin} gave */
  ended(passage: Passage | null, startedAt: number, verdict: Verdict): void {
    const now = Math.floor(this.#clock.elapsed());
    const tookMs = now - startedAt;
    for (const breaker of this.#breakers) {
      if (passage?.cut.has(breaker) === true) continue;
      const probe = passage?.probes.get(breaker);
      if (probe !== undefined) probe.ended(outcomeOf(breaker, verdict), { now, tookMs });
      else if (verdict.failed.has(breaker)) breaker.failure(now, tookMs);
      else if (!verdict.unreached.has(breaker)) breaker.success(now, tookMs);
    }
  }

  /** All breakers were closed and are told that all went well. */
  succeeded(startedAt: number): void {
    this.ended(null, startedAt, ALL_WELL);
  }

  /** Nothing worth answering came back. */
  failed(passage: Passage | null, startedAt: number): void {
    this.ended(passage, startedAt, { failed: new Set(this.#breakers), unreached: NONE });
  }

  /** Nobody waited for the end, or somebody else tells about it. */
  release(passage: Passage | null): void {
    if (passage === null) return;
    const at = { now: this.#clock.elapsed(), tookMs: 0 };
    for (const probe of passage.probes.values()) probe.ended('unknown', at);
  }

  /** What the answer to a root fetch says, as it was sent. */
  judgeRoot({ data, errors }: SubgraphAnswer): Verdict {
    if (errors.length === 0 && this.fits(null, data)) return ALL_WELL;
    return this.judge(new Map([[null, [...errors, ...this.misfits(null, data)]]]));
  }

  /** Whether the fields at the top of an entity, or of the root (alias null), have values of their types. */
  fits(alias: string | null, object: JsonObject | null): boolean {
    if (object === null) return true;
    for (const field of this.#fields) if (field.alias === alias && isMisfit(field, object)) return false;
    return true;
  }

  /** An error for each of those that has not. */
  misfits(alias: string | null, object: JsonObject | null): readonly SubgraphError[] {
    if (object === null) return [];
    const misfits = this.#fields.filter(field => field.alias === alias && isMisfit(field, object));
    return misfits.map(({ path }) => ({ message: '', path, code: null }));
  }

  /** What errors say. @param errors by entity group (null: of a root fetch), with paths from the entity or the root */
  judge(errors: ReadonlyMap<string | null, readonly (SubgraphError | Error)[]>): Verdict {
    const failed = new Set<FieldBreaker>();
    const unreached = new Set<FieldBreaker>();
    for (const [alias, ofGroup] of errors) {
      const fields = this.#fields.filter(field => field.alias === alias);
      for (const error of ofGroup) blame(error, fields, { failed, unreached });
    }
    for (const breaker of failed) unreached.delete(breaker);
    return { failed, unreached };
  }
}

/** A field that is not there may have been left out. */
function isMisfit({ fits, path }: GuardedField, object: JsonObject): boolean {
  if (fits === null) return false;
  const value = object[path[0] as string];
  return value !== undefined && !fits(value);
}

function outcomeOf(breaker: FieldBreaker, { failed, unreached }: Verdict): ProbeOutcome {
  if (failed.has(breaker)) return 'failure';
  return unreached.has(breaker) ? 'unknown' : 'success';
}

function blame(
  error: SubgraphError | Error,
  fields: readonly GuardedField[],
  { failed, unreached }: { readonly failed: Set<FieldBreaker>; readonly unreached: Set<FieldBreaker> },
): void {
  const isAnswer = !(error instanceof Error);
  // Lists make no difference to which field an error is of.
  const path = isAnswer ? (error.path?.filter(key => typeof key === 'string') ?? null) : null;
  // The deepest field with a breaker takes the blame: those around it would be cut for what only it does.
  const depth = Math.max(
    ...fields.map(field => (startsWith(path ?? [], field.path) ? field.path.length : 0)),
    0,
  );
  for (const { breaker, path: own } of fields) {
    if (breaker === null) continue;
    if (isAnswer && breaker.isClientFault(error.code)) continue;
    if (path === null || (own.length === depth && startsWith(path, own))) failed.add(breaker);
    else if (startsWith(own, path)) unreached.add(breaker);
  }
}

function startsWith(path: readonly unknown[], start: readonly unknown[]): boolean {
  return start.length <= path.length && start.every((key, index) => key === path[index]);
}
