import { stat } from 'node:fs/promises';

/**
 * Differs before and after a change of a file, or of who may read it; empty for one that is not there. Links are gone
 * along, so another target is another stamp. Nothing of the content is read.
 */
export async function fileStamp(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found === null ? '' : `${found.dev}:${found.ino}:${found.ctimeMs}:${found.size}`;
}
