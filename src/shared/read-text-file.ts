import { open } from 'node:fs/promises';
import { formatBytes } from './format-bytes.ts';

/** The largest supergraphs are a few MiB; what is larger is another file by mistake, and would fill the memory. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws Error of the system, or one that says that the file is too large */
export async function readTextFile(path: string, maxBytes = MAX_BYTES): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`it is larger than ${formatBytes(maxBytes)}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
