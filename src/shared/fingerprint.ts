import { stat } from 'node:fs/promises';
import { sha256 } from './hash.ts';
import { readTextFile } from './read-text-file.ts';

export const EMPTY_FILE = sha256('');

/** Tells two contents of a file apart; empty for what is no file: of a pipe this would take what it has. */
export async function fingerprint(path: string): Promise<string> {
  const isFile = await stat(path).then(
    found => found.isFile(),
    () => false,
  );
  const content = isFile ? await readTextFile(path).catch(() => null) : null;
  return content === null ? '' : sha256(content);
}
