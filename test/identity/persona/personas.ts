import type { IncomingHttpHeaders } from 'node:http';
import { type GatewayConfigInput, gatewayConfig } from '../../../src/config/gateway-config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { resolvePersonas } from '../../../src/config/resolve-personas.ts';
import type { Caller } from '../../../src/http/caller.ts';
import { ANONYMOUS, createCaller } from '../../../src/identity/caller.ts';
import { createPersonaChooser } from '../../../src/identity/persona/choose.ts';

/** Name of the persona that a caller is served as. */
export function chooser(
  personas: NonNullable<GatewayConfigInput['personas']>,
): (caller?: Caller, headers?: IncomingHttpHeaders) => string | null {
  const choose = createPersonaChooser(resolvePersonas(parseConfig(gatewayConfig, { personas }, 'test')));
  return (caller = ANONYMOUS, headers = {}) => choose(caller, headers).name;
}

export function somebody(facts: Partial<Caller> = {}): Caller {
  return createCaller({ ...ANONYMOUS, kind: 'jwt', subject: 'u-1', ...facts });
}
