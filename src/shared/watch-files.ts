import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { fingerprint } from './fingerprint.ts';

export interface FileWatch {
  /** Looks after these files from now on. Absolute path → fingerprint of the content that is known already. */
  follow(files: ReadonlyMap<string, string>): void;
  close(): void;
}

/** Editors write in several steps; a change counts when they have been quiet this long. */
const QUIET_MS = 60;

/**
 * Calls back when the content of a file has changed, appeared or gone. Watches folders, as an editor that
 * saves by renaming leaves a watch on the file behind, and compares content, as folders hold other files too.
 */
export function watchFiles(onChange: (changed: readonly string[]) => void): FileWatch {
  const watchers = new Map<string, { readonly inode: number; readonly watcher: FSWatcher }>();
  let known = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const soon = (): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void check(), QUIET_MS);
  };
  const check = async (): Promise<void> => {
    arm();
    const compared = known;
    const changed: string[] = [];
    for (const [path, before] of compared) {
      const now = await fingerprint(path);
      if (now !== before) changed.push(path);
      compared.set(path, now);
    }
    if (changed.length > 0 && !closed) onChange(changed);
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
