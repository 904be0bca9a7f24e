const MAX_DEPTH = 64;

/**
 * Equal for two values exactly if they are made of the same parts, whatever the order of keys. Null where that cannot
 * be told, as of a class's own objects: two that only look alike must not share the result of a rule.
 */
export function argumentsKey(value: unknown, depth = 0): string | null {
  if (depth > MAX_DEPTH || typeof value === 'function' || typeof value === 'symbol') return null;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) {
    const items = Array.from<unknown, string | null>(value, item => argumentsKey(item, depth + 1));
    return items.includes(null) ? null : `[${items.join()}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return null;
  const record = value as Readonly<Record<string, unknown>>;
  const parts: string[] = [];
  for (const name of Object.keys(record).sort()) {
    const part = argumentsKey(record[name], depth + 1);
    if (part === null) return null;
    parts.push(`${JSON.stringify(name)}:${part}`);
  }
  return `{${parts.join()}}`;
}
