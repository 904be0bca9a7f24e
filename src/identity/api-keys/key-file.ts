import { open, realpath, rename, unlink } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigError, parseConfig } from '../../config/parse.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import { randomId } from '../../shared/random-id.ts';
import { readTextFile } from '../../shared/read-text-file.ts';
import { storeIsFull } from './api-key-store.ts';
import { type ApiKeyRecord, apiKeyRecord } from './record.ts';

/** A file is read and checked whole, while requests wait; more keys are for Redis. */
export const MAX_KEYS_IN_FILE = 10_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

const keyFile = z
  .strictObject({
    version: z.literal(1, { error: 'is not 1, the version that this Weir reads' }),
    keys: z.array(apiKeyRecord).max(MAX_KEYS_IN_FILE, { error: `has more than ${MAX_KEYS_IN_FILE} keys` }),
  })
  .superRefine(({ keys }, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of keys.entries()) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: ['keys', index, 'id'], message: 'is there twice' });
      seen.add(id);
    }
  });

/**
 * The keys by id; null where there is no file.
 * @throws ConfigError that names the file and the place in it.
 */
export async function readKeyFile(path: string): Promise<ReadonlyMap<string, ApiKeyRecord> | null> {
  const text = await readText(path);
  if (text === null) return null;
  const { keys } = parseConfig(keyFile, parseJson(text, path), path);
  return new Map(keys.map(record => [record.id, record]));
}

/** Whoever reads the file meanwhile sees the old one or the new one, whole. */
export async function writeKeyFile(path: string, keys: Iterable<ApiKeyRecord>): Promise<void> {
  const text = `${JSON.stringify({ version: 1, keys: [...keys] }, null, 2)}\n`;
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw storeIsFull(path, MAX_FILE_BYTES);
  // A link stays one: what it leads to is replaced.
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${randomId()}.tmp`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      // Else a power cut could leave the new name with nothing behind it.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, target);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw new ConfigError(path, [`cannot be written: ${describeFailure(error)}`]);
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readTextFile(path, MAX_FILE_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ConfigError(path, [describeFailure(error)]);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the file, and hashes with it. YAML is JSON and more, and says where.
    const lineCounter = new LineCounter();
    const [error] = parseDocument(text, { lineCounter, prettyErrors: false }).errors;
    if (error === undefined) throw new ConfigError(path, ['it is not JSON']);
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new ConfigError(path, [`it is not JSON from line ${line}, column ${col} on`]);
  }
}
