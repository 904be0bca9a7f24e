import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { EMPTY_FILE, fingerprint } from './fingerprint.ts';

export interface FileWatch {
  /** Looks after these files from now on. Absolute path → fingerprint of the content that is known already. */
  follow(files: ReadonlyMap<string, string>): void;
  close(): void;
}

/** Editors write in several steps; a change counts when they have been quiet this long. */
const QUIET_MS = 60;

/** Saving often empties a file first; a file stays empty this long before that is taken for its content. */
const EMPTY_MS = 400;

/**
 * Calls back when the content of a file has changed, appeared or gone. Watches folders, as an editor that
 * saves by renaming leaves a watch on the file behind, and compares content, as folders hold other files too.
 */
export function watchFiles(onChange: (changed: readonly string[]) => void): FileWatch {
  const watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>();
  let known = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const checkIn = (ms: number, afterEmpty: boolean): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      void check(afterEmpty);
    }, ms);
  };
  const soon = (): void => checkIn(QUIET_MS, false);
  const check = async (afterEmpty: boolean): Promise<void> => {
    arm();
    const compared = known;
    const found = new Map<string, string>();
    for (const path of compared.keys()) found.set(path, await fingerprint(path));
    // Something has moved meanwhile: what was found may be half of it, and another check is on its way.
    if (closed || timer !== undefined) return;
    const changed = [...found].filter(([path, now]) => compared.get(path) !== now).map(([path]) => path);
    if (!afterEmpty && changed.some(path => found.get(path) === EMPTY_FILE)) {
      checkIn(EMPTY_MS, true);
      return;
    }
    for (const path of changed) compared.set(path, found.get(path) ?? '');
    if (changed.length > 0) onChange(changed);
  };
  const arm = (): void => {
    const wanted = new Map([...known.keys()].map(path => nearestFolder(dirname(path))));
    for (const [folder, { inode, watcher }] of watchers) {
      if (wanted.get(folder) === inode) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const [folder, inode] of wanted) {
      if (watchers.has(folder) || closed) continue;
      const watcher = watch(folder, soon);
      // A folder that goes away is found again, or its parent is, at the check that follows.
      watcher.on('error', soon);
      watchers.set(folder, { inode, watcher });
    }
  };

  return {
    follow(files) {
      if (closed) return;
      known = new Map(files);
      arm();
      // An edit between reading the files and now has told nobody.
      soon();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const { watcher } of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

/** The folder, or the nearest one above it that exists, with its inode. */
function nearestFolder(folder: string): readonly [string, number] {
  const inode = statSync(folder, { throwIfNoEntry: false })?.ino;
  const parent = dirname(folder);
  return inode === undefined && parent !== folder ? nearestFolder(parent) : [folder, inode ?? 0];
}
