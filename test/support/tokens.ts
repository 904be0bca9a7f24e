import { constants, createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export type Members = Readonly<Record<string, unknown>>;

/** Makes the last part of a token from the first two. */
export type Sign = (input: Buffer) => Buffer;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicKey: KeyObject;
  /** As a key set publishes it. */
  readonly jwk: Record<string, unknown>;
  readonly sign: Sign;
}

/** A key pair for RS256, PS256, ES256 or EdDSA. */
export function createSigningKey(alg = 'ES256', kid: string = randomUUID()): SigningKey {
  const { publicKey, privateKey } = keyPair(alg);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { kid, alg, publicKey, jwk, sign: signer(alg, privateKey) };
}

export function signWithSecret(secret: string | Buffer): Sign {
  return input => createHmac('sha256', secret).update(input).digest();
}

/** Any token at all; a text is taken as it is, so that what no library writes can be written too. */
export function compact(header: Members | string, claims: Members | string, signature: Sign): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`;
}

function encode(part: Members | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

function keyPair(alg: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function signer(alg: string, key: KeyObject): Sign {
  if (alg === 'ES256') return input => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  if (alg === 'EdDSA') return input => sign(null, input, key);
  if (alg === 'RS256') return input => sign('sha256', input, key);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return input => sign('sha256', input, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}
