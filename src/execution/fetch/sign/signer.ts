import { Buffer } from 'node:buffer';
import { createHash, createHmac, type KeyObject, sign as signWithKey } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import { randomId } from '../../../shared/random-id.ts';
import { percentEncode } from '../percent-encode.ts';
import { type Component, signatureBase, signatureParameters } from './signature-base.ts';

export interface OutgoingRequest {
  readonly url: URL;
  /** Name, value, name, value …; all that is sent. */
  readonly headers: readonly string[];
  /** Those of them that are about the caller, which are always signed. */
  readonly forwarded: readonly string[];
  readonly body: string;
}

/** Makes the headers that prove who sent a request: `content-digest`, `signature-input`, `signature`. */
export type Signer = (request: OutgoingRequest) => readonly string[];

export type SignatureAlgorithm = 'hmac-sha256' | 'ed25519';

export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly keyId: string;
  /** A secret, or a private key. */
  readonly key: KeyObject;
}

export interface SignerOptions extends SigningKey {
  /** `tag`: no other subgraph should take the request, although it may know the same key. */
  readonly subgraph: string;
  /** What is signed besides the usual: `@authority`, or headers that are sent. */
  readonly components: readonly string[];
  readonly clock: Clock;
}

/** HTTP Message Signatures (RFC 9421) under the label `weir`, with a digest of the body (RFC 9530). */
export function createSigner(options: SignerOptions): Signer {
  const { algorithm, keyId, clock } = options;
  const tag = percentEncode(options.subgraph);
  return ({ url, headers, forwarded, body }) => {
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    const components: Component[] = [
      ['@method', 'POST'],
      ['@path', url.pathname],
    ];
    if (url.search !== '') components.push(['@query', url.search]);
    components.push(['content-digest', digest], ...fieldsOf(forwarded));
    for (const name of options.components) {
      if (name === '@authority') components.push([name, url.host]);
      else components.push(...fieldsOf(headers).filter(([sent]) => sent === name));
    }
    const created = Math.floor(clock.now() / 1_000);
    const parameters = signatureParameters(components, { created, nonce: randomId(), keyId, algorithm, tag });
    const signature = signText(signatureBase(components, parameters), options);
    return [
      'content-digest',
      digest,
      'signature-input',
      `weir=${parameters}`,
      'signature',
      `weir=:${signature}:`,
    ];
  };
}

/** In base64. Headers are bytes to HTTP, one a character, and so is what is signed. */
export function signText(text: string, { algorithm, key }: Pick<SigningKey, 'algorithm' | 'key'>): string {
  if (algorithm === 'hmac-sha256') return createHmac('sha256', key).update(text, 'latin1').digest('base64');
  return signWithKey(null, Buffer.from(text, 'latin1'), key).toString('base64');
}

/** Headers by name; one that is sent on several lines is its values joined (RFC 9421, section 2.1). */
function fieldsOf(headers: readonly string[]): readonly Component[] {
  const fields = new Map<string, string>();
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = (headers[index + 1] ?? '').trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return [...fields];
}
