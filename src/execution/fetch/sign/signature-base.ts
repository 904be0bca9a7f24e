/** A component of a message and its value: a derived one, like `@method`, or a header in lower case. */
export type Component = readonly [name: string, value: string];

export interface SignatureParameters {
  /** Seconds since the epoch. */
  readonly created: number;
  readonly nonce?: string;
  readonly keyId: string;
  readonly algorithm?: string;
  /** Whom the message is for. */
  readonly tag?: string;
}

/**
 * `@signature-params`: names of the covered components, in their order, and what is said of the signature
 * (RFC 9421, section 2.3). The texts given must be free of quotes and backslashes.
 */
export function signatureParameters(
  components: readonly Component[],
  { created, nonce, keyId, algorithm, tag }: SignatureParameters,
): string {
  const names = components.map(([name]) => `"${name}"`).join(' ');
  let text = `(${names});created=${created}`;
  if (nonce !== undefined) text += `;nonce="${nonce}"`;
  text += `;keyid="${keyId}"`;
  if (algorithm !== undefined) text += `;alg="${algorithm}"`;
  if (tag !== undefined) text += `;tag="${tag}"`;
  return text;
}

/** The text that is signed (RFC 9421, section 2.5). */
export function signatureBase(components: readonly Component[], parameters: string): string {
  let base = '';
  for (const [name, value] of components) base += `"${name}": ${value}\n`;
  return `${base}"@signature-params": ${parameters}`;
}
