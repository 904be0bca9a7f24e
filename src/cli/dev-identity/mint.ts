import { SignJWT } from 'jose';
import { DEV_ALGORITHM } from './issuer.ts';
import type { DevKeyPair } from './keys.ts';

/** A signed token (RFC 9068's type) with exactly these claims. */
export async function mintToken(claims: Readonly<Record<string, unknown>>, key: DevKeyPair): Promise<string> {
  const { kid, ...jwk } = key;
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: DEV_ALGORITHM, kid, typ: 'at+jwt' })
    .sign({ ...jwk, alg: DEV_ALGORITHM });
}
