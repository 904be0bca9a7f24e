import { ConfigError } from './parse.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string of a config value.
 * @throws ConfigError naming each variable that is not set and has no default.
 */
export function expandEnvironment(value: unknown, env: Environment, source: string): unknown {
  const missing = new Set<string>();
  const expanded = expand(value, text =>
    text.replace(REFERENCE, (_, name: string, fallback: string | undefined) => {
      const found = env[name] ?? fallback;
      if (found === undefined) missing.add(name);
      return found ?? '';
    }),
  );
  if (missing.size === 0) return expanded;
  throw new ConfigError(
    source,
    [...missing].map(
      name => `the environment variable ${name} is not set; set it or write \${${name}:-default}`,
    ),
  );
}

function expand(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map(item => expand(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, replace)]));
}
