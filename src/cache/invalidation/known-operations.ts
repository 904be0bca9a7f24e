import type { CacheTarget } from '../policy/tag-names.ts';

/** Beyond that nothing is known for certain, as clients may send as many names as they like. */
const MOST = 10_000;

/** Longer ones cannot be targets. */
const LONGEST_NAME = 300;

export interface SeenOperation {
  /** Null: it has none. */
  readonly name: string | null;
  /** SHA-256 of its document. */
  readonly hash: string;
}

/**
 * The operations whose answers this process may have kept: those that it was sent since it started, and those of
 * manifests. Answers that others of a fleet keep, or that Redis has from before, are not among them.
 */
export class KnownOperations {
  readonly #names = new Set<string>();
  readonly #hashes = new Set<string>();
  readonly #most: number;
  #isWhole = true;

  constructor(most = MOST) {
    this.#most = most;
  }

  see({ name, hash }: SeenOperation): void {
    if (!this.#isWhole) return;
    this.#hashes.add(hash);
    if (name !== null && name.length <= LONGEST_NAME) this.#names.add(name);
    if (this.#hashes.size > this.#most || this.#names.size > this.#most) this.lose();
  }

  /** There are others that it has not been told of: from now on it says nothing. */
  lose(): void {
    this.#isWhole = false;
    this.#names.clear();
    this.#hashes.clear();
  }

  /** Names and hashes of operations that are named and not known, each once. */
  unknown(targets: readonly CacheTarget[]): readonly string[] {
    if (!this.#isWhole) return [];
    const unknown = targets.flatMap(target => {
      if (target.kind !== 'operation') return [];
      if ('hash' in target) return this.#hashes.has(target.hash) ? [] : [target.hash];
      return this.#names.has(target.name) ? [] : [target.name];
    });
    return [...new Set(unknown)];
  }
}
