import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createVerifier, type Verifier } from './verify-signature.ts';

/**
 * The verifier that SUBGRAPH_SIGNATURE_KEY (a secret) or SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE (PEM) asks for;
 * SUBGRAPH_SIGNATURE_KEY_ID names the key. A key that is of no use throws: to go on without one would let
 * everybody in.
 */
export function verifierFromEnvironment(
  subgraph: string,
  env: Readonly<Record<string, string | undefined>>,
): Verifier | undefined {
  const { SUBGRAPH_SIGNATURE_KEY: secret, SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE: file } = env;
  if (!secret && !file) return undefined;
  if (secret && file)
    throw new Error('set one of SUBGRAPH_SIGNATURE_KEY and SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE');
  const key = secret ? secretOf(secret) : publicKeyOf(file ?? '');
  return createVerifier({
    keys: new Map([[env.SUBGRAPH_SIGNATURE_KEY_ID || 'weir', key]]),
    subgraph,
    now: Date.now,
  });
}

function secretOf(secret: string): KeyObject {
  if (secret.length < 32) throw new Error('SUBGRAPH_SIGNATURE_KEY must have 32 characters or more');
  return createSecretKey(secret, 'utf8');
}

function publicKeyOf(file: string): KeyObject {
  const key = createPublicKey(readFileSync(file));
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Error('SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE must hold an ed25519 public key');
}
