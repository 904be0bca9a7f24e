import { stringify } from 'yaml';
import { z } from 'zod';
import { configJsonSchema } from '../config/describe-config.ts';
import { type GatewayConfig, gatewayConfig } from '../config/gateway-config.ts';
import { type GatewayFlags, readSettings } from './settings.ts';

/** `weir config show`: every setting as it is in force, in the form in which it would be written. */
export async function showConfig(flags: GatewayFlags): Promise<void> {
  const { config } = await readSettings(flags, process.env, 'start');
  process.stdout.write(stringify(hideHeaders(z.encode(gatewayConfig, config as GatewayConfig))));
}

/** `weir config schema`: JSON Schema of `gateway.yaml`, for editors. */
export function showConfigSchema(): void {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

/** Headers carry credentials, and what is shown here ends up in tickets. */
function hideHeaders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideHeaders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'headers' && typeof item === 'object' && item !== null
        ? Object.fromEntries(Object.keys(item).map(name => [name, '(hidden)']))
        : hideHeaders(item),
    ]),
  );
}
