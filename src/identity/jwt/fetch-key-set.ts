import { type Keys, keySet } from './keys.ts';

/** Some hundred keys; an issuer has a handful. */
const MAX_BYTES = 256 * 1024;

/** @throws Error that says why there is no key set. */
export async function fetchKeySet(
  uri: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<Keys['find']> {
  const response = await fetch(uri, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // Whoever can redirect this request chooses the keys.
    redirect: 'error',
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer has status ${response.status}`);
  }
  return keySet(await readText(response));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
