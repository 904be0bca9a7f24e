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
    const changes = await changesSince(compared);
    // Something has moved meanwhile: what was found may be half of it, and another check is on its way.
    if (closed || timer !== undefined) return;
    if (!afterEmpty && changes.some(([, now]) => now === EMPTY_FILE)) {
      checkIn(EMPTY_MS, true);
      return;
    }
    for (const [path, now] of changes) compared.set(path, now);
    if (changes.length > 0) onChange(changes.map(([path]) => path));
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

/** Path and present fingerprint of what differs from the known ones. */
async function changesSince(known: ReadonlyMap<string, string>): Promise<readonly [string, string][]> {
  const changes: [string, string][] = [];
  for (const [path, before] of known) {
    const now = await fingerprint(path);
    if (now !== before) changes.push([path, now]);
  }
  return changes;
}

/** The folder, or the nearest one above it that exists, with its inode. */
function nearestFolder(folder: string): readonly [string, number] {
  const inode = statSync(folder, { throwIfNoEntry: false })?.ino;
  const parent = dirname(folder);
  return inode === undefined && parent !== folder ? nearestFolder(parent) : [folder, inode ?? 0];
}
