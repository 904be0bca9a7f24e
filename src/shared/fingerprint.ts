import { readFile } from 'node:fs/promises';
import { sha256 } from './hash.ts';

export const EMPTY_FILE = sha256('');

/** Tells two contents of a file apart; empty for a file that is not there. */
export async function fingerprint(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch(() => null);
  return content === null ? '' : sha256(content);
}
