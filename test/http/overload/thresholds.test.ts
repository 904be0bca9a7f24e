import { expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../../src/config/gateway-config.ts';
import { gatewayConfig } from '../../../src/config/gateway-config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { resolvePersonas } from '../../../src/config/resolve-personas.ts';
import { compileThresholds } from '../../../src/http/overload/thresholds.ts';

/** Name of the persona → others in flight and lag from which on it is refused. */
function thresholds(priorities: Readonly<Record<string, number | undefined>>, maxRequests = 1_000): object {
  const personas = Object.fromEntries(
    Object.entries(priorities).map(([name, priority]) => [name, priority === undefined ? {} : { priority }]),
  );
  const server = { overload: { maxRequests, maxLag: '200ms' } };
  const config = parseConfig(gatewayConfig, { server, personas } satisfies GatewayConfigInput, 'test');
  const compiled = compileThresholds(resolvePersonas(config), config.server.overload ?? expect.fail());
  return Object.fromEntries(
    [...compiled].map(([{ name }, { requests, lagMs }]) => [name, [requests, Math.round(lagMs)]]),
  );
}

test('personas are refused by the rank of their priorities, the lowest at 70 % and the highest at all', () => {
  expect(thresholds({ admin: 90, web: 60, crawler: 1 })).toEqual({
    admin: [1_000, 200],
    web: [850, 170],
    crawler: [700, 140],
  });
});

test('personas of one priority are refused together, and 50 is the priority of whoever has none', () => {
  expect(thresholds({ web: undefined, mobile: 50, partner: 40 })).toEqual({
    web: [1_000, 200],
    mobile: [1_000, 200],
    partner: [700, 140],
  });
});

test('a persona that is alone has all that there is', () => {
  expect(thresholds({ web: 0 })).toEqual({ web: [1_000, 200] });
  expect(thresholds({})).toEqual({ null: [1_000, 200] });
});

test('one request at a time is possible for everybody', () => {
  expect(thresholds({ web: 2, crawler: 1 }, 1)).toEqual({ web: [1, 200], crawler: [1, 140] });
});
