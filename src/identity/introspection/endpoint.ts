import { CONFIGURATION } from '../../config/config-source.ts';
import type { IntrospectionConfig } from '../../config/identity.ts';
import { ConfigError } from '../../config/parse.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { nestsDeeperThan } from '../../shared/nesting.ts';
import { readBounded } from '../../shared/read-bounded.ts';

/** What the authorization server says about a token. @throws Error that says why there is no answer to read. */
export type Ask = (token: string, signal: AbortSignal) => Promise<JsonObject>;

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_NESTING = 32;

/** The request of RFC 7662, 2.1, as the client that the config names. */
export function askEndpoint(config: IntrospectionConfig, fetch: typeof globalThis.fetch): Ask {
  const { endpoint, timeout } = config;
  const { username, password } = new URL(endpoint);
  if (username !== '' || password !== '') {
    throw new ConfigError(CONFIGURATION, [
      'identity.introspection.endpoint: a URL must not carry a credential; write clientId and clientSecret',
    ]);
  }
  const authorization = basic(config.clientId, config.clientSecret);
  return async (token, signal) => {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          authorization,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
        // A redirect would carry the token, and maybe the credentials, to another place.
        redirect: 'error',
        signal,
      });
      return await read(response);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw new Error(`no answer within ${timeout} ms`, { cause });
    }
  };
}

/** RFC 6749, 2.3.1: both are form-encoded first, or a colon or a letter beyond ASCII would be misread. */
function basic(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

async function read(response: Response): Promise<JsonObject> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`it answered with status ${response.status}`);
  }
  const text = await readBounded(response, MAX_ANSWER_BYTES);
  if (nestsDeeperThan(text, MAX_NESTING)) throw new Error('its answer is nested too deeply');
  const answer = parse(text);
  if (!isJsonObject(answer)) throw new Error('its answer is not a JSON object');
  return answer;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold anything.
    throw new Error('its answer is not JSON');
  }
}
