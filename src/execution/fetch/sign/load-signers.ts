import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ExecutionConfig, subgraphConfig } from '../../../config/execution.ts';
import { ConfigError } from '../../../config/parse.ts';
import type { SubgraphSignatureConfig } from '../../../config/subgraph-signature.ts';
import type { Clock } from '../../../shared/clock.ts';
import { describeFailure } from '../../../shared/describe-failure.ts';
import { createSigner, type Signer } from './signer.ts';

export interface LoadOptions {
  /** Names of the supergraph's subgraphs. */
  readonly subgraphs: Iterable<string>;
  /** Where names of files begin. */
  readonly folder: string;
  readonly clock: Clock;
}

/**
 * The signers of the subgraphs whose requests are to be signed. Keys are read here, once a generation, so that
 * a key that cannot be used ends a start, and on a reload leaves the running generation as it is.
 * @throws ConfigError
 */
export function loadSigners(
  execution: ExecutionConfig,
  { subgraphs, folder, clock }: LoadOptions,
): ReadonlyMap<string, Signer> {
  const signers = new Map<string, Signer>();
  for (const subgraph of subgraphs) {
    const { signature } = subgraphConfig(execution, subgraph);
    if (signature === undefined) continue;
    const { algorithm, keyId, components } = signature;
    const key = keyOf(signature, folder);
    signers.set(subgraph, createSigner({ algorithm, keyId, key, subgraph, components, clock }));
  }
  return signers;
}

function keyOf({ secret, privateKeyFile = '' }: SubgraphSignatureConfig, folder: string): KeyObject {
  if (secret !== undefined) return createSecretKey(secret, 'utf8');
  const path = resolve(folder, privateKeyFile);
  const key = readKey(path);
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new ConfigError(path, ['it has no ed25519 key; make one with openssl genpkey -algorithm ed25519']);
}

function readKey(path: string): KeyObject {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch (cause) {
    throw new ConfigError(`${path} (signature.privateKeyFile)`, [describeFailure(cause)]);
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says of a file that is none helps nobody.
    throw new ConfigError(path, ['it is not a private key in PEM, without a passphrase']);
  }
}
