const NONE: ReadonlySet<string> = new Set();

/**
 * The headers that belong to the connection that they came by, in lower case, as its sender says (RFC 9110, section
 * 7.6.1). What always does, rules cannot name.
 */
export function connectionNames(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NONE;
  const names = String(connection).split(',');
  return new Set(names.map(name => name.trim().toLowerCase()));
}
