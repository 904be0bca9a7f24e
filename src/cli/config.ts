import { stringify } from 'yaml';
import { z } from 'zod';
import { configJsonSchema } from '../config/describe-config.ts';
import { type GatewayConfig, gatewayConfig } from '../config/gateway-config.ts';
import { type PersonasConfig, personasConfig } from '../config/personas.ts';
import { resolvePersonas } from '../config/resolve-personas.ts';
import { nearest } from '../shared/nearest.ts';
import { CliError } from './cli-error.ts';
import { type GatewayFlags, readSettings } from './settings.ts';

interface ShowFlags extends GatewayFlags {
  readonly persona?: string;
}

/** `weir config show`: every setting as it is in force, in the form in which it would be written. */
export async function showConfig({ persona, ...flags }: ShowFlags): Promise<void> {
  const { config } = await readSettings(flags, process.env, 'start');
  const shown =
    persona === undefined
      ? z.encode(gatewayConfig, config as GatewayConfig)
      : z.encode(personasConfig, { [persona]: settledPersona(persona, config) });
  process.stdout.write(stringify(hideSecrets(shown)));
}

/** With all that it inherits. @throws CliError for one that is not served */
function settledPersona(wanted: string, config: GatewayConfig): PersonasConfig[string] {
  const personas = resolvePersonas(config).filter(({ name }) => name !== null);
  const found = personas.find(({ name }) => name === wanted);
  if (found === undefined) throw new CliError(noPersona(wanted, personas, config));
  const { name: _, ...settings } = found;
  return withoutNulls(settings) as PersonasConfig[string];
}

function noPersona(
  wanted: string,
  personas: readonly { name: string | null }[],
  config: GatewayConfig,
): string {
  const names = personas.map(({ name }) => String(name));
  if (names.length === 0) return 'the configuration has no personas';
  if (Object.hasOwn(config.personas, wanted))
    return `the persona "${wanted}" serves nobody; others inherit from it`;
  const meant = nearest(wanted, names);
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`;
  return `there is no persona "${wanted}"; ${hint}`;
}

/** What is not limited is left out where it is written. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])),
  );
}

/** `weir config schema`: JSON Schema of `gateway.yaml`, for editors. */
export function showConfigSchema(): void {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

const HIDDEN = '(hidden)';
const NAMES_A_SECRET = /secret|password/i;
/** A map from the names of headers to their values, which are credentials more often than not. */
const MAP_OF_HEADERS = 'headers';
/** Where rules for headers write such values. */
const VALUES_OF_HEADERS: ReadonlyMap<string, string> = new Map([
  ['insert', 'value'],
  ['propagate', 'default'],
]);

/**
 * What is shown ends up in tickets. What of it is secret is known by the names of keys, and in URLs by its place.
 * @param key under which the value stands.
 */
export function hideSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return NAMES_A_SECRET.test(key) ? HIDDEN : hideCredentials(value);
  if (Array.isArray(value)) return value.map(item => hideSecrets(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isOfHeader(key, name) && typeof item === 'string' ? HIDDEN : hideSecrets(item, name),
    ]),
  );
}

function isOfHeader(key: string, name: string): boolean {
  return key === MAP_OF_HEADERS || VALUES_OF_HEADERS.get(key) === name;
}

/** A URL without name and password; whatever looks like one but cannot be read may have them anywhere. */
function hideCredentials(text: string): string {
  if (!text.includes('://') || !text.includes('@')) return text;
  if (!URL.canParse(text)) return HIDDEN;
  const { username, password } = new URL(text);
  if (username === '' && password === '') return text;
  return text.replace(/:\/\/.*@/, `://${HIDDEN}@`);
}
