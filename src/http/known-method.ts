const METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);

/** The method, or `_OTHER` as OpenTelemetry calls what is none of HTTP's: a label must not have endless values. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}
