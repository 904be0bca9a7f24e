import { dirname, join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { fileStamp } from './file-stamp.ts';
import { EMPTY_FILE, fingerprint } from './fingerprint.ts';
import { type FolderEvents, listenToFolder } from './listen-to-folder.ts';

export interface FileWatch {
  /** Looks after these files from now on. Absolute path → fingerprint of the content that is known already. */
  follow(files: ReadonlyMap<string, string>): void;
  close(): void;
}

export interface WatchPace {
  /** Files are written in several steps; a change counts when nothing has moved for so long. */
  readonly quietMs: number;
  /** Saving often empties a file first; a file stays empty this long before that is taken for its content. */
  readonly emptyMs: number;
}

/** For whoever edits a file and waits for what comes of it. */
const WHILE_EDITING: WatchPace = { quietMs: 60, emptyMs: 400 };

/** For what a deployment writes, maybe slowly: half of a supergraph can be a supergraph. */
export const IN_PRODUCTION: WatchPace = { quietMs: 500, emptyMs: 2_000 };

/**
 * Events are for haste only. A mounted ConfigMap is a chain of links whose middle changes, network file systems tell
 * nobody, and a system has only so many watches: so files are looked at as well, at the cost of one `stat` each.
 */
export const LOOK_MS = 2_000;

/** Replaced by tests. */
export interface WatchedDisk {
  stamp(path: string): Promise<string>;
  fingerprint(path: string): Promise<string>;
  listen(folder: string, onEvent: (name: string | null) => void): FolderEvents | null;
}

const DISK: WatchedDisk = { stamp: fileStamp, fingerprint, listen: listenToFolder };

type OnChange = (changed: readonly string[]) => void;

interface WatchOptions {
  readonly pace?: WatchPace;
  readonly disk?: WatchedDisk;
  readonly clock?: Clock;
}

/**
 * Calls back when the content of a file has changed, appeared or gone, whether it was written in place or replaced, by
 * itself or by a link on the way to it. Content is read only where something has moved.
 */
export function watchFiles(onChange: OnChange, options: WatchOptions = {}): FileWatch {
  return new Watch(onChange, options);
}

interface Followed {
  readonly fingerprint: string;
  /** Of the file when it had that content; null: to be read again. */
  readonly stamp: string | null;
}

class Watch implements FileWatch {
  readonly #onChange: OnChange;
  readonly #pace: WatchPace;
  readonly #disk: WatchedDisk;
  readonly #clock: Clock;
  readonly #regularly: NodeJS.Timeout;
  #followed = new Map<string, Followed>();
  #folders: readonly (FolderEvents | null)[] = [];
  /** Stamps of the last look, and since when nothing is known to have moved. */
  #seen = '';
  #restingSince = 0;
  #emptySince: number | null = null;
  #soon: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #looking = false;
  #closed = false;

  constructor(onChange: OnChange, { pace = WHILE_EDITING, disk = DISK, clock = systemClock }: WatchOptions) {
    this.#onChange = onChange;
    this.#pace = pace;
    this.#disk = disk;
    this.#clock = clock;
    this.#regularly = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  follow(files: ReadonlyMap<string, string>): void {
    if (this.#closed) return;
    this.#followed = new Map([...files].map(([path, fingerprint]) => [path, { fingerprint, stamp: null }]));
    this.#listen();
    // An edit between reading the files and now has told nobody.
    this.#lookIn(this.#pace.quietMs);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#regularly);
    clearTimeout(this.#soon);
    this.#listen();
  }

  /** Anew whenever something has moved: a folder may have been replaced, and its watch be on the one before. */
  #listen(): void {
    for (const folder of this.#folders) folder?.close();
    const folders = this.#closed ? [] : new Set([...this.#followed.keys()].map(dirname));
    this.#folders = [...folders].map(folder => this.#disk.listen(folder, name => this.#heard(folder, name)));
  }

  /** What happens to other files of a folder, however much it is, leads to nothing. */
  #heard(folder: string, name: string | null): void {
    const path = name === null ? null : join(folder, name);
    const followed = path === null ? undefined : this.#followed.get(path);
    if (path !== null && followed === undefined) return;
    if (path !== null && followed !== undefined) {
      // Not by its stamp: on a coarse clock two writes may have one.
      this.#followed.set(path, { ...followed, stamp: null });
      this.#restingSince = this.#clock.elapsed();
    }
    this.#lookIn(this.#pace.quietMs);
  }

  /** One that is due sooner is left: what goes on moving would put it off for ever. */
  #lookIn(ms: number): void {
    const dueAt = this.#clock.elapsed() + ms;
    if (this.#closed || dueAt >= this.#dueAt) return;
    clearTimeout(this.#soon);
    this.#dueAt = dueAt;
    this.#soon = setTimeout(() => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      void this.#look();
    }, ms);
  }

  async #look(): Promise<void> {
    // A disk that does not answer is asked once.
    if (this.#looking) return this.#lookIn(this.#pace.quietMs);
    this.#looking = true;
    const followed = this.#followed;
    const changed = await this.#changesOf(followed);
    this.#looking = false;
    if (this.#closed) return;
    if (followed !== this.#followed) return this.#lookIn(this.#pace.quietMs);
    if (changed.length > 0) this.#onChange(changed);
  }

  /** What differs from what is known, once it has come to rest; then that is known. */
  async #changesOf(followed: Map<string, Followed>): Promise<readonly string[]> {
    const stamps = await this.#stamps(followed);
    const moved = [...stamps].filter(([path, stamp]) => followed.get(path)?.stamp !== stamp);
    if (moved.length === 0 || this.#isMoving()) return [];
    const before = new Map(followed);
    const found: [string, Followed][] = [];
    for (const [path, stamp] of moved) {
      found.push([path, { fingerprint: await this.#disk.fingerprint(path), stamp }]);
    }
    await this.#stamps(followed);
    // What has moved while it was read may be half of it.
    if (this.#isMoving() || this.#mayBeEmptied(found)) return [];
    const changed = found.filter(([path, now]) => before.get(path)?.fingerprint !== now.fingerprint);
    for (const [path, now] of found) followed.set(path, now);
    if (followed === this.#followed) this.#listen();
    return changed.map(([path]) => path);
  }

  #isMoving(): boolean {
    return this.#isSooner(this.#restingSince + this.#pace.quietMs);
  }

  #mayBeEmptied(found: readonly [string, Followed][]): boolean {
    const since = this.#emptySince ?? this.#clock.elapsed();
    const isEmpty = found.some(([, now]) => now.fingerprint === EMPTY_FILE);
    const mayBe = isEmpty && this.#isSooner(since + this.#pace.emptyMs);
    this.#emptySince = mayBe ? since : null;
    return mayBe;
  }

  /** Whether it is sooner than that on the monotonic clock, ms; then it is looked again by then. */
  #isSooner(then: number): boolean {
    const left = then - this.#clock.elapsed();
    if (left > 0) this.#lookIn(left);
    return left > 0;
  }

  async #stamps(followed: ReadonlyMap<string, Followed>): Promise<ReadonlyMap<string, string>> {
    const stamps = new Map<string, string>();
    // One after the other: a hundred files do not occupy all threads that look things up.
    for (const path of followed.keys()) stamps.set(path, await this.#disk.stamp(path));
    const seen = [...stamps.values()].join(' ');
    if (seen !== this.#seen) this.#restingSince = this.#clock.elapsed();
    this.#seen = seen;
    return stamps;
  }
}
