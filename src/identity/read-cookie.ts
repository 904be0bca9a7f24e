/** The different values that a Cookie header gives to a name, without the quotes that may be around them (RFC 6265). */
export function readCookie(header: string, name: string): ReadonlySet<string> {
  const values = new Set<string>();
  if (!header.includes(name)) return values;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
    values.add(quoted ? value.slice(1, -1) : value);
  }
  return values;
}
