import {
  createHash,
  createHmac,
  type KeyObject,
  timingSafeEqual,
  verify as verifyWithKey,
} from 'node:crypto';

/*
 * Verifies the signatures of Weir (HTTP Message Signatures, RFC 9421; digest of the body, RFC 9530). It stands
 * alone, so that a subgraph of yours can take the file as it is.
 */

export interface SignedRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came, before anything was read from it. */
  readonly body: Uint8Array;
}

export interface VerifierOptions {
  /** By `keyid`. A secret key is of hmac-sha256, a public one of ed25519: the message has no say in that. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** The name by which the gateway knows this subgraph: what was signed for another is refused. */
  readonly subgraph: string;
  /** What the time is, in milliseconds since 1970. */
  readonly now: () => number;
  readonly maxAgeSeconds?: number;
  /** Requests that are remembered so that none is taken twice. */
  readonly maxNonces?: number;
  /** Headers that must be signed when they are there; more than those about the caller if you trust more. */
  readonly trusted?: readonly string[];
}

/** Says why a request is not to be believed, or null if it is. */
export type Verifier = (request: SignedRequest) => string | null;

const ABOUT_THE_CALLER = ['x-user-id', 'x-user-roles', 'x-tenant-id', 'x-persona'];
const MOST_HEADER_CHARACTERS = 4_096;
/** How far the clock of the gateway may be ahead of this one. */
const AHEAD_SECONDS = 30;

interface Signature {
  readonly components: readonly string[];
  /** Everything after `weir=`, which is signed as it stands. */
  readonly parameters: string;
  readonly created: number;
  readonly nonce: string;
  readonly keyId: string;
  readonly of: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
}

class Disbelief extends Error {}

function refuse(reason: string): never {
  throw new Disbelief(reason);
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { maxAgeSeconds = 60, maxNonces = 100_000, trusted = ABOUT_THE_CALLER } = options;
  const takeOnce = createNonceMemory(maxAgeSeconds, maxNonces);
  return request => {
    try {
      const signature = readSignature(request);
      const nowSeconds = Math.floor(options.now() / 1_000);
      checkTime(signature, nowSeconds, maxAgeSeconds);
      checkCovered(signature, request, trusted);
      if (signature.of.get('tag') !== options.subgraph) refuse('it was signed for another subgraph');
      checkBytes(signature, request, options.keys);
      checkDigest(request);
      // Last, so that only what the gateway has signed takes room.
      takeOnce(signature, nowSeconds);
      return null;
    } catch (error) {
      if (error instanceof Disbelief) return error.message;
      throw error;
    }
  };
}

const ITEM = String.raw`"[^"\\]*"`;
const INPUT = new RegExp(
  String.raw`^weir=(\(((?:${ITEM}(?: ${ITEM})*)?)\)((?:;[a-z]+=(?:${ITEM}|\d{1,15}))*))$`,
);
const PARAMETER = /;([a-z]+)=(?:"([^"\\]*)"|(\d{1,15}))/g;
const BYTES = /^weir=:([A-Za-z0-9+/]+={0,2}):$/;

// One signature is read and no other: several would leave open whose headers were to be believed.
function readSignature({ headers }: SignedRequest): Signature {
  const input = headers['signature-input'];
  const value = headers['signature'];
  if (typeof input !== 'string' || typeof value !== 'string') return refuse('the request is not signed');
  if (input.length + value.length > MOST_HEADER_CHARACTERS) return refuse('the signature is too long');
  const [, parameters, names = '', rest = ''] = INPUT.exec(input) ?? [];
  const [, base64] = BYTES.exec(value) ?? [];
  if (parameters === undefined || base64 === undefined) return refuse('the signature cannot be read');
  const given = [...rest.matchAll(PARAMETER)].map(([, name = '', text, digits]) => [
    name,
    text ?? digits ?? '',
  ]);
  const of = new Map(given as [string, string][]);
  if (of.size < given.length) return refuse('a parameter of the signature is given twice');
  const components = names === '' ? [] : names.slice(1, -1).split('" "');
  if (new Set(components).size < components.length) return refuse('a component is signed twice');
  const created = Number(of.get('created') ?? Number.NaN);
  const { nonce = '', keyid: keyId = '' } = Object.fromEntries(of);
  if (Number.isNaN(created)) return refuse('the signature does not say when it was made');
  if (nonce.length < 16 || nonce.length > 128) return refuse('the signature has no good nonce');
  return { components, parameters, created, nonce, keyId, of, bytes: Buffer.from(base64, 'base64') };
}

function checkTime({ created, of }: Signature, nowSeconds: number, maxAgeSeconds: number): void {
  if (created > nowSeconds + AHEAD_SECONDS) refuse('the signature is from the future');
  if (created < nowSeconds - maxAgeSeconds) refuse('the signature is too old');
  if (nowSeconds >= Number(of.get('expires') ?? Number.POSITIVE_INFINITY))
    refuse('the signature has expired');
}

// A header that is trusted must not be there without being signed: anybody on the way could have added it.
function checkCovered({ components }: Signature, request: SignedRequest, trusted: readonly string[]): void {
  const needed = ['@method', '@path', 'content-digest'];
  if (request.target.includes('?')) needed.push('@query');
  for (const name of trusted) if (request.headers[name] !== undefined) needed.push(name);
  for (const name of needed) if (!components.includes(name)) refuse(`${name} is not signed`);
}

function componentOf(name: string, { method, target, headers }: SignedRequest): string {
  const [path = '', ...query] = target.split('?');
  if (name === '@method') return method;
  if (name === '@path') return path;
  if (name === '@query') return `?${query.join('?')}`;
  const value = headers[name === '@authority' ? 'host' : name];
  if (value === undefined || Array.isArray(value)) return refuse(`${name} is signed but cannot be read`);
  return name === '@authority' ? value.toLowerCase() : value.trim();
}

function checkBytes(signature: Signature, request: SignedRequest, keys: VerifierOptions['keys']): void {
  const { components, parameters, keyId, of, bytes } = signature;
  const key = keys.get(keyId) ?? refuse('the key of the signature is not known');
  const algorithm = key.type === 'secret' ? 'hmac-sha256' : 'ed25519';
  if ((of.get('alg') ?? algorithm) !== algorithm) refuse('the key is not for that algorithm');
  const lines = components.map(name => `"${name}": ${componentOf(name, request)}\n`);
  // Node gives headers one character a byte.
  const base = Buffer.from(`${lines.join('')}"@signature-params": ${parameters}`, 'latin1');
  if (!isSignatureOf(base, key, bytes)) refuse('the signature is wrong');
}

function isSignatureOf(base: Buffer, key: KeyObject, bytes: Buffer): boolean {
  if (key.type !== 'secret') return verifyWithKey(null, base, key, bytes);
  const expected = createHmac('sha256', key).update(base).digest();
  return expected.length === bytes.length && timingSafeEqual(expected, bytes);
}

// A digest may stand beside others; only this one is known to be of use.
function checkDigest({ headers, body }: SignedRequest): void {
  const expected = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const given = String(headers['content-digest']).split(',');
  if (!given.some(digest => digest.trim() === expected)) refuse('the body is not what was signed');
}

/**
 * Remembers nonces as long as their signatures are good. Where room runs out the oldest is forgotten, and
 * nothing made as early as that one is taken any more: requests may be refused, but none is taken twice.
 */
function createNonceMemory(maxAgeSeconds: number, maxNonces: number) {
  const taken = new Map<string, number>();
  let forgotten = Number.NEGATIVE_INFINITY;
  return ({ keyId, nonce, created }: Signature, nowSeconds: number): void => {
    const id = `${keyId} ${nonce}`;
    if (taken.has(id) || created <= forgotten) refuse('the request has been sent before');
    taken.set(id, created);
    for (const [oldest, madeAt] of taken) {
      if (madeAt >= nowSeconds - maxAgeSeconds && taken.size <= maxNonces) return;
      taken.delete(oldest);
      forgotten = Math.max(forgotten, madeAt);
    }
  };
}
