import type { ErrorCode } from '../../errors.ts';

/** Something that went wrong in a fetch, before anybody knows where the client sees it. */
export interface Failure {
  /** A code of the catalogue, or one of a subgraph that is configured to pass. */
  readonly code: ErrorCode | (string & {});
  readonly message: string;
  /** Null when no single subgraph is to blame. */
  readonly subgraph: string | null;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** What an internal failure really was, for the log. */
  readonly cause?: unknown;
  /** Set where the field has a value all the same: this is no error then, but told beside the answer. */
  readonly fallback?: ServedFallback;
}

/** A value that did not come from the subgraph that was asked. */
export interface ServedFallback {
  readonly coordinate: string;
  /** Its last good value, or the constant of its declaration. */
  readonly source: 'stale' | 'value';
  readonly ageMs?: number;
}

interface AnchoredFailure {
  readonly failure: Failure;
  /** Path below the anchor, in the engine's response keys, that the data no longer has. */
  readonly rest: readonly (string | number)[];
}

/** Failures kept for one place: what comes after them explains nothing, and subgraphs can send any number. */
const MAX_AT_PLACE = 10;

const NONE: readonly AnchoredFailure[] = [];

/**
 * Failures of one run, anchored to the object (or list) and key where data is missing. An object may stand
 * at many places of the answer; the projection finds the places when it gets there.
 */
export class FailureLog {
  readonly #anchors = new Map<object, Map<string | number, AnchoredFailure[]>>();
  /** Each with the number of its places. */
  readonly #all = new Map<Failure, number>();

  get size(): number {
    return this.#all.size;
  }

  all(): Iterable<Failure> {
    return this.#all.keys();
  }

  /** A failure that belongs to no place. */
  add(failure: Failure): void {
    this.#all.set(failure, this.#all.get(failure) ?? 0);
  }

  anchor(failure: Failure, holder: object, path: readonly [string | number, ...(string | number)[]]): void {
    const [key, ...rest] = path;
    const byKey = this.#anchors.get(holder) ?? new Map<string | number, AnchoredFailure[]>();
    this.#anchors.set(holder, byKey);
    const here = byKey.get(key) ?? [];
    if (here.length >= MAX_AT_PLACE || here.some(known => known.failure === failure)) return;
    this.#all.set(failure, (this.#all.get(failure) ?? 0) + 1);
    here.push({ failure, rest });
    byKey.set(key, here);
  }

  /** Puts one failure in the place of all that were recorded there; those that have no other place are gone. */
  replace(
    failure: Failure,
    { holder, key }: { readonly holder: object; readonly key: string | number },
  ): void {
    for (const { failure: old } of this.at(holder, key)) {
      const places = (this.#all.get(old) ?? 0) - 1;
      if (places > 0) this.#all.set(old, places);
      else this.#all.delete(old);
    }
    this.#anchors.get(holder)?.delete(key);
    this.anchor(failure, holder, [key]);
  }

  at(holder: object, key: string | number): readonly AnchoredFailure[] {
    return this.#anchors.get(holder)?.get(key) ?? NONE;
  }
}
