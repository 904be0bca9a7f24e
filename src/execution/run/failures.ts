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
  readonly #all = new Set<Failure>();

  get size(): number {
    return this.#all.size;
  }

  all(): ReadonlySet<Failure> {
    return this.#all;
  }

  /** A failure that belongs to no place. */
  add(failure: Failure): void {
    this.#all.add(failure);
  }

  anchor(failure: Failure, holder: object, path: readonly [string | number, ...(string | number)[]]): void {
    const [key, ...rest] = path;
    const byKey = this.#anchors.get(holder) ?? new Map<string | number, AnchoredFailure[]>();
    this.#anchors.set(holder, byKey);
    const here = byKey.get(key) ?? [];
    if (here.length >= MAX_AT_PLACE || here.some(known => known.failure === failure)) return;
    this.#all.add(failure);
    here.push({ failure, rest });
    byKey.set(key, here);
  }

  at(holder: object, key: string | number): readonly AnchoredFailure[] {
    return this.#anchors.get(holder)?.get(key) ?? NONE;
  }
}
