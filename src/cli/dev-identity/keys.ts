import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';
import { describeFailure } from '../../shared/describe-failure.ts';
import { CliError } from '../cli-error.ts';

/** Where the key is, below the folder that `weir` runs in. */
export const KEY_FILE = join('.weir', 'dev-identity.json');

const keyPair = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.base64url(),
  y: z.base64url(),
  d: z.base64url(),
  kid: z.string().min(1),
});

/** A private key of ES256, as a JSON Web Key. */
export type DevKeyPair = z.output<typeof keyPair>;

/**
 * The key of the development identity provider, made when there is none yet.
 * @throws CliError when it can be neither read nor written
 */
export async function devKeyPair(folder: string): Promise<DevKeyPair> {
  const path = resolve(folder, KEY_FILE);
  try {
    return await read(path, await readOrMake(path));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`the key of the development identity, ${path}: ${describeFailure(error)}`, error);
  }
}

async function read(path: string, text: string): Promise<DevKeyPair> {
  try {
    return keyPair.parse(JSON.parse(text));
  } catch {
    // What is wrong with it is not told: the reason may quote the key.
    throw new CliError(`${path} does not hold the key of the development identity: delete it for a new one`);
  }
}

async function readOrMake(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await make(path);
  return readFile(path, 'utf8');
}

/**
 * Several processes may start at once. Each writes a file of its own, and the first to link it to the name
 * wins: unlike an exclusive open, a link never shows a file that is half written.
 */
async function make(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Whatever the folder's own .gitignore says, or whether there is one.
  await writeFile(join(dirname(path), '.gitignore'), '*\n');
  const own = `${path}.${randomUUID()}`;
  try {
    await writeFile(own, `${JSON.stringify(await generate(), null, 2)}\n`, { flag: 'wx', mode: 0o600 });
    await link(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function generate(): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { kty, crv, x, y, d } = await exportJWK(privateKey);
  return { kty, crv, x, y, d, kid: await calculateJwkThumbprint({ kty, crv, x, y } as JWK) };
}
