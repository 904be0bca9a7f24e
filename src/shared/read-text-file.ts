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
    return decodeUtf8(await file.readFile());
  } finally {
    await file.close();
  }
}

/**
 * A mark of byte order before it is left out.
 * @throws Error that says that it is in another encoding: what editors and shells of Windows write may be UTF-16
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8; save it in that encoding');
  }
}
