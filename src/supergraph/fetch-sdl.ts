import { describeFailure } from '../shared/describe-failure.ts';
import { readBounded } from '../shared/read-bounded.ts';

export interface SdlRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Bounds {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const BOUNDS: Bounds = { timeoutMs: 10_000, maxBytes: 16 * 1024 * 1024 };

/**
 * The SDL a running subgraph gives out by itself (Federation subgraph specification, `_service { sdl }`).
 * @throws Error that says how the subgraph failed to give it.
 */
export async function fetchSdl({ url, headers }: SdlRequest, bounds: Bounds = BOUNDS): Promise<string> {
  const text = await post(url, headers, bounds);
  let answer: {
    data?: { _service?: { sdl?: unknown } | null } | null;
    errors?: { message?: string }[];
  } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`${url} did not answer with JSON`);
  }
  const sdl = answer?.data?._service?.sdl;
  if (typeof sdl === 'string' && sdl !== '') return sdl;
  const said = answer?.errors?.[0]?.message;
  throw new Error(`${url} does not give its SDL as _service { sdl }${said === undefined ? '' : `: ${said}`}`);
}

async function post(url: string, headers: Readonly<Record<string, string>>, bounds: Bounds): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify({ query: 'query WeirComposition { _service { sdl } }' }),
      // A redirect would carry the headers, credentials among them, to another place.
      redirect: 'error',
      signal: AbortSignal.timeout(bounds.timeoutMs),
    });
    if (!response.ok) throw new Error(`it answered with status ${response.status}`);
    return await readBounded(response, bounds.maxBytes);
  } catch (cause) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
    const reason = timedOut ? `no answer within ${bounds.timeoutMs} ms` : describeFailure(cause);
    throw new Error(`${url} cannot be read: ${reason}`, { cause });
  }
}
