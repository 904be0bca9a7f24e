import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { ConfigError } from '../../config/parse.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import { nestsDeeperThan } from '../../shared/nesting.ts';
import { decodeUtf8 } from '../../shared/read-text-file.ts';

/** Where the keys of an issuer come from. */
export interface Keys {
  /**
   * The keys that may have signed a token with this header; an empty list if there are none.
   * @throws CannotCheck when nobody can say, or an error of jose about a key that cannot be used.
   */
  find(header: JWSHeaderParameters): Promise<readonly Key[]>;
  close(): void;
}

export type Key = CryptoKey | KeyObject;

/** Tokens that do not name their key are tried with this many at most, as each costs a signature check. */
const MAX_CANDIDATES = 4;

const MAX_NESTING = 16;

/** Keys by what fits a header: `kid`, `kty`, `alg`, `use`, `key_ops` and curve. Only public keys are given out. */
export function keySet(text: string): Keys['find'] {
  if (nestsDeeperThan(text, MAX_NESTING)) throw new Error('it is nested too deep for a JSON Web Key Set');
  const find = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  return async header => {
    try {
      return [await find(header)];
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return [];
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const candidates: Key[] = [];
      for await (const key of error) {
        if (candidates.push(key) === MAX_CANDIDATES) break;
      }
      return candidates;
    }
  };
}

/** @throws ConfigError that names the file and what is wrong with it. */
export async function keysOfFile(file: string, folder: string): Promise<Keys> {
  const path = resolve(folder, file);
  try {
    const text = decodeUtf8(await readFile(path));
    const find = keySet(text);
    // Unlike one behind a URL it does not change: not one token would ever be taken.
    if ((JSON.parse(text) as JSONWebKeySet).keys.length === 0) throw new Error('it has no keys');
    return { find, close() {} };
  } catch (cause) {
    throw new ConfigError(`${path} (jwksFile)`, [describeFailure(cause)]);
  }
}

export function keysOfSecret(secret: string): Keys {
  const keys = [createSecretKey(Buffer.from(secret))];
  return { find: async () => keys, close() {} };
}
