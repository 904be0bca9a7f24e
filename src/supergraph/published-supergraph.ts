import type { PublishedSupergraph } from '../config/supergraph-file.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { readBounded } from '../shared/read-bounded.ts';
import { parseSupergraph, readSupergraph } from './read-supergraph.ts';

/** As of a file of SDL. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 3;

/** What a URL has given last; it need not be sent again, nor looked at. */
interface Known {
  readonly etag: string | null;
  readonly sdl: string;
}

interface Asked extends Pick<PublishedSupergraph, 'headers'> {
  readonly url: string;
  readonly known: Known | undefined;
}

/**
 * The SDL of a supergraph that a registry has put behind a URL, as in the CDN of Hive.
 * @throws Error with what each URL has failed in
 */
export type FetchPublished = (published: PublishedSupergraph) => Promise<string>;

/** @param timeoutMs for each URL */
export function createFetchPublished(timeoutMs = 10_000): FetchPublished {
  const knownOf = new Map<string, Known>();
  return async ({ url: urls, headers }) => {
    const failures: string[] = [];
    for (const url of urls) {
      const known = knownOf.get(url);
      try {
        const given = await fetchSupergraph({ url, headers, known }, timeoutMs);
        // For its words: it says where the SDL is wrong, which Apollo's gateway does not.
        if (given.sdl !== known?.sdl) readSupergraph(parseSupergraph(given.sdl));
        knownOf.set(url, given);
        return given.sdl;
      } catch (cause) {
        const isLate = cause instanceof Error && cause.name === 'TimeoutError';
        const { origin, pathname } = new URL(url);
        failures.push(
          `${origin}${pathname} cannot be used: ${isLate ? `no answer within ${timeoutMs} ms` : describeFailure(cause)}`,
        );
      }
    }
    throw new Error(failures.join('; '));
  };
}

async function fetchSupergraph({ url, headers, known }: Asked, timeoutMs: number): Promise<Known> {
  const signal = AbortSignal.timeout(timeoutMs);
  const revalidate = known?.etag == null ? {} : { 'if-none-match': known.etag };
  let place = new URL(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // A CDN may point at its storage, which is signed for: what is meant for the one must not be told to the other.
    const own = place.origin === new URL(url).origin ? headers : {};
    const response = await fetch(place, {
      headers: { accept: 'text/plain, */*;q=0.5', ...own, ...revalidate },
      redirect: 'manual',
      signal,
    });
    const { status } = response;
    const etag = response.headers.get('etag');
    if (status === 304 && known !== undefined) return known;
    if (status === 200) return { etag, sdl: await readBounded(response, MAX_BYTES) };
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (status < 301 || status > 308 || location === null)
      throw new Error(`it answered with status ${status}`);
    const next = new URL(location, place);
    if (next.protocol !== 'https:' && next.protocol !== place.protocol)
      throw new Error(`it leads to ${next.protocol}//${next.host}, which is not safe`);
    place = next;
  }
  throw new Error(`it leads on more than ${MAX_REDIRECTS} times`);
}
