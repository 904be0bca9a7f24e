import type { JwtProviderConfig } from '../../config/identity.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { nestsDeeperThan } from '../../shared/nesting.ts';
import { invalidCredential } from '../unauthenticated.ts';
import { repeatsMember } from './repeats-member.ts';

/** A token taken apart, nothing of it verified: good for choosing who may judge it, and for nothing else. */
export interface UnverifiedToken {
  readonly header: JsonObject;
  readonly issuer: string;
}

/** Claims are walked and written as JSON again by functions that recurse. */
const MAX_NESTING = 32;

const MAX_KEY_ID = 200;

/** Three parts in base64url. The last may be empty, so that an unsigned token is refused as what it is. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * What would let a token choose the key that judges it (a URL or a key in its header), or change what is signed.
 * All of it may be ignored (RFC 7515, 4.1), `crit` excepted; no honest token of an API has any of it.
 */
const REFUSED_HEADERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function looksLikeJwt(token: string): boolean {
  return COMPACT.test(token);
}

/** @throws GatewayError UNAUTHENTICATED */
export function readToken(token: string): UnverifiedToken {
  const [header, claims] = token.split('.', 2).map(readPart);
  if (header === undefined || claims === undefined) throw malformed();
  const { iss } = claims;
  if (typeof iss !== 'string') throw invalidCredential({ message: 'The token must name one issuer (iss).' });
  return { header, issuer: iss };
}

function readPart(part: string): JsonObject {
  let value: Json;
  let text: string;
  try {
    text = utf8.decode(Buffer.from(part, 'base64url'));
    if (nestsDeeperThan(text, MAX_NESTING)) throw malformed();
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw malformed(cause);
  }
  if (!isJsonObject(value)) throw malformed();
  if (repeatsMember(text)) throw invalidCredential({ message: 'The token names a claim twice.' });
  return value;
}

function malformed(cause?: unknown): Error {
  return invalidCredential({ message: 'The token is not a well-formed JSON Web Token.', cause });
}

/**
 * Compares the header with what its provider signs, before any key is looked for.
 * @throws GatewayError UNAUTHENTICATED
 */
export function checkHeader(
  header: JsonObject,
  { algorithms, types }: Pick<JwtProviderConfig, 'algorithms' | 'types'>,
): void {
  const { alg, kid, typ } = header;
  const refused = REFUSED_HEADERS.find(name => Object.hasOwn(header, name));
  if (refused !== undefined) {
    throw invalidCredential({ message: `The header ${refused} of a token is not accepted here.` });
  }
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    throw invalidCredential({ message: 'The token is not signed with an algorithm that is accepted here.' });
  }
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KEY_ID)) {
    throw invalidCredential({ message: `kid must be a text of at most ${MAX_KEY_ID} characters.` });
  }
  if (typ !== undefined && !(typeof typ === 'string' && hasType(types, typ))) {
    throw invalidCredential({ message: 'The token is of a type (typ) that is not accepted here.' });
  }
}

/** Media types, compared without case; `application/` may be left out (RFC 7515, 4.1.9). */
function hasType(types: readonly string[], typ: string): boolean {
  const plain = (type: string): string => type.toLowerCase().replace(/^application\//, '');
  return types.some(type => plain(type) === plain(typ));
}
