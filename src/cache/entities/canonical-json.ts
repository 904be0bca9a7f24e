import type { Json } from '../../shared/json.ts';

/** JSON text that is equal for values that differ in nothing but the order of their keys. */
export function canonicalJson(value: Json | undefined): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const names = Object.keys(value).filter(name => value[name] !== undefined);
  return `{${names
    .sort()
    .map(name => `${JSON.stringify(name)}:${canonicalJson(value[name])}`)
    .join(',')}}`;
}
