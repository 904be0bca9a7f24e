import { generateKeyPairSync, sign as signBytes } from 'node:crypto';

const KEY_ID = 'bench';
const LIFETIME_S = 24 * 3600;

const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Somebody who issues tokens (ES256), with the keys to check them by. */
export function createIssuer(issuer) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    /** @returns {string} a JSON Web Token */
    sign(claims) {
      const iat = Math.floor(Date.now() / 1000);
      const header = { alg: 'ES256', typ: 'at+jwt', kid: KEY_ID };
      const signed = `${encode(header)}.${encode({ iss: issuer, iat, exp: iat + LIFETIME_S, ...claims })}`;
      const signature = signBytes('sha256', Buffer.from(signed), {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
      });
      return `${signed}.${signature.toString('base64url')}`;
    },
  };
}
