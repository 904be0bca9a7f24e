import { stringify } from 'yaml';
import { z } from 'zod';
import { configJsonSchema } from '../config/describe-config.ts';
import { type GatewayConfig, gatewayConfig } from '../config/gateway-config.ts';
import { type GatewayFlags, readSettings } from './settings.ts';

/** `weir config show`: every setting as it is in force, in the form in which it would be written. */
export async function showConfig(flags: GatewayFlags): Promise<void> {
  const { config } = await readSettings(flags, process.env, 'start');
  process.stdout.write(stringify(hideSecrets(z.encode(gatewayConfig, config as GatewayConfig))));
}

/** `weir config schema`: JSON Schema of `gateway.yaml`, for editors. */
export function showConfigSchema(): void {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

const HIDDEN = '(hidden)';
const NAMES_A_SECRET = /secret|password/i;
/** Maps from the names of headers to their values, which are credentials more often than not. */
const MAPS_OF_HEADERS: readonly string[] = ['headers', 'set'];

/**
 * What is shown ends up in tickets. What of it is secret is known by the names of keys, and in URLs by its place.
 * @param key under which the value stands.
 */
export function hideSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return NAMES_A_SECRET.test(key) ? HIDDEN : hideCredentials(value);
  if (Array.isArray(value)) return value.map(item => hideSecrets(item));
  if (typeof value !== 'object' || value === null) return value;
  const isOfHeaders = MAPS_OF_HEADERS.includes(key);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isOfHeaders && typeof item === 'string' ? HIDDEN : hideSecrets(item, name),
    ]),
  );
}

/** A URL without name and password; whatever looks like one but cannot be read may have them anywhere. */
function hideCredentials(text: string): string {
  if (!text.includes('://') || !text.includes('@')) return text;
  if (!URL.canParse(text)) return HIDDEN;
  const { username, password } = new URL(text);
  if (username === '' && password === '') return text;
  return text.replace(/:\/\/.*@/, `://${HIDDEN}@`);
}
