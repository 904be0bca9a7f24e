import type { IncomingHttpHeaders } from 'node:http';

/** Headers that a page can only send to another origin after a preflight, which CORS then decides. */
const CUSTOM_HEADERS = [
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'graphql-client-name',
  'apollographql-client-name',
  'x-api-key',
];

/** What a browser sends along by itself, once somebody has signed in. */
const BY_ITSELF = /^(?:basic|digest|negotiate|ntlm)\b/i;

/**
 * Whether a GET could have been caused by another web site in a user's browser. POST needs no check: it must
 * be `application/json`, which no page can send to another origin without a preflight.
 *
 * Browsers say where a request comes from in `Sec-Fetch-Site`; those too old for it are known by their user
 * agent. Programs are not the browser of a user who could be abused, so they need no extra header.
 */
export function isCrossSiteRisk(headers: IncomingHttpHeaders): boolean {
  if (CUSTOM_HEADERS.some(name => headers[name] !== undefined)) return false;
  const { authorization } = headers;
  if (authorization !== undefined && !BY_ITSELF.test(authorization)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined || (headers['user-agent'] ?? '').startsWith('Mozilla/');
}
