import type { ConfigSource } from './config-source.ts';
import { ConfigError } from './parse.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const ANY_REFERENCE = /\$\{([^}]*)(\}?)/g;
/** Of Apollo Router. */
const ROUTER_REFERENCE = /^\$\{env\.([A-Za-z_][A-Za-z0-9_]*)/;
const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[\s\S])*))?$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string of a config value; what is put in is not looked at again.
 * @throws ConfigError naming each key with a variable that is not set and has no default. And with any other `${`: what
 *   other tools write, `${env.NAME}` and `${NAME-default}`, would be taken for a value, and may stand for a secret.
 */
export function expandEnvironment(value: unknown, env: Environment, source: string | ConfigSource): unknown {
  const problems = new Set<string>();
  const expanded = expand(value, [], (text, path) =>
    text.replace(ANY_REFERENCE, (written, inner: string, end: string) => {
      const [, name = '', fallback] = (end === '' ? null : REFERENCE.exec(inner)) ?? [];
      const found = name === '' ? undefined : (env[name] ?? fallback);
      if (found === undefined) problems.add(`${path.join('.') || 'the file'}: ${reasonOf(name, written)}`);
      return found ?? '';
    }),
  );
  if (problems.size === 0) return expanded;
  throw new ConfigError(source, [...problems]);
}

function reasonOf(name: string, written: string): string {
  if (name !== '') return `the environment variable ${name} is not set; set it or write \${${name}:-default}`;
  // Without its end it may be anything, a password too.
  const shown = written.endsWith('}') ? written.slice(0, 100) : '${';
  if (shown.startsWith('${file.'))
    return `"${shown}" is no reference to the environment, and files are not put in; write \${NAME}, or name the file where a key takes one`;
  const meant = ROUTER_REFERENCE.exec(shown)?.[1] ?? 'NAME';
  return `"${shown}" is no reference to the environment; write \${${meant}} or \${${meant}:-default}`;
}

function expand(
  value: unknown,
  path: readonly string[],
  replace: (text: string, path: readonly string[]) => string,
): unknown {
  if (typeof value === 'string') return replace(value, path);
  if (Array.isArray(value))
    return value.map((item, index) => expand(item, [...path, String(index)], replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, expand(item, [...path, key], replace)]),
  );
}
