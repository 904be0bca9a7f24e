import { watch } from 'node:fs';

export interface FolderEvents {
  close(): void;
}

/**
 * Hears of entries of a folder that change, by name, where the system tells of them.
 * @param onEvent null: of the folder itself, or of an entry whose name is not told
 * @returns null where it cannot be listened to: it is not there, or the system has no more watches to give
 */
export function listenToFolder(folder: string, onEvent: (name: string | null) => void): FolderEvents | null {
  try {
    const watcher = watch(folder, { persistent: false }, (_kind, name) => onEvent(name));
    watcher.on('error', () => {
      watcher.close();
      onEvent(null);
    });
    return watcher;
  } catch {
    return null;
  }
}
