const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

/** What the gateway itself tells subgraphs about a request. */
const TOLD_TO_SUBGRAPHS = new Set([
  'x-user-id',
  'x-user-roles',
  'x-tenant-id',
  'x-persona',
  'x-request-id',
  'traceparent',
  'x-deadline-ms',
  'signature',
  'signature-input',
  'content-digest',
]);

/** What the gateway itself tells clients about an answer, and what decides who may keep or read it. */
const TOLD_TO_CLIENTS = new Set([
  'x-request-id',
  'x-trace-id',
  'x-cache',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'age',
  'etag',
  'last-modified',
  'expires',
  'pragma',
  'surrogate-control',
  'vary',
  'allow',
  'www-authenticate',
]);

/** What belongs to one connection or one body (RFC 9110, section 7.6.1), and what the transport writes. */
const OF_THE_MESSAGE = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-ranges',
  'alt-svc',
  'connection',
  'date',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Many servers give programs `x_user_id` and `x-user-id` under one name. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Why no rule may send subgraphs this header, or null. */
export function objectionToRequest(name: string): string | null {
  const canonical = canonicalName(name);
  if (TOLD_TO_SUBGRAPHS.has(canonical)) return `${name} is the gateway's own: subgraphs trust what it says`;
  if (canonical === 'set-cookie') return `${name} is a header of responses`;
  return objectionToAny(name);
}

/** Why no rule may send clients this header, or null. */
export function objectionToResponse(name: string): string | null {
  const canonical = canonicalName(name);
  // Those of RFC 9213, like cdn-cache-control, go before the one without a target.
  const isOfCaches = TOLD_TO_CLIENTS.has(canonical) || canonical.endsWith('-cache-control');
  if (isOfCaches || canonical.startsWith('access-control-'))
    return `${name} is the gateway's own: clients and caches trust what it says`;
  return objectionToAny(name);
}

function objectionToAny(name: string): string | null {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is not the name of a header`;
  const canonical = canonicalName(name);
  if (OF_THE_MESSAGE.has(canonical) || /^(content|proxy)-/.test(canonical))
    return `${name} belongs to one message or connection and cannot be passed on`;
  return null;
}
