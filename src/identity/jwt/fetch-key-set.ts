import { readBounded } from '../../shared/read-bounded.ts';
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
  return keySet(await readBounded(response, MAX_BYTES));
}
