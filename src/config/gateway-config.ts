import { z } from 'zod';
import { breakersConfig } from './breakers.ts';
import { cacheConfig } from './cache.ts';
import { executionConfig } from './execution.ts';
import { identityConfig } from './identity.ts';
import { operationConfig } from './operation.ts';
import { personasConfig } from './personas.ts';
import { policyConfig } from './policy.ts';
import { adminConfig, serverConfig } from './server.ts';
import { storageConfig } from './storage.ts';
import { telemetryConfig } from './telemetry.ts';
import { tiersConfig } from './tiers.ts';

/** `gateway.yaml`: one key a feature. */
export const gatewayConfig = z.strictObject({
  server: serverConfig.prefault({}).describe('The listener for clients.'),
  admin: adminConfig.prefault({}).describe('The listener for operators.'),
  identity: identityConfig.prefault({}).describe('Who is asking: tokens, API keys.'),
  personas: personasConfig
    .prefault({})
    .describe('Audiences, each with its own contract, documents and rights. Absent: one for everybody.'),
  tiers: tiersConfig
    .prefault({})
    .describe('What the tiers of callers may do. Absent: tiers make no difference.'),
  operation: operationConfig.prefault({}).describe('Documents: limits and caches.'),
  policy: policyConfig.prefault({}).describe('What callers may do.'),
  execution: executionConfig.prefault({}).describe('Plans, subgraphs, deadlines.'),
  breakers: breakersConfig.prefault({}).describe('Circuit breakers of fields.'),
  cache: cacheConfig.optional().describe('Answers and entities that are kept. Absent: nothing is.'),
  storage: storageConfig.prefault({}).describe('Where state is kept.'),
  telemetry: telemetryConfig.prefault({}).describe('Logs, traces, metrics.'),
});

/** What may be written in `gateway.yaml`. */
export type GatewayConfigInput = z.input<typeof gatewayConfig>;

/** The config as the gateway uses it: every default filled in, texts parsed, frozen. */
export type GatewayConfig = z.output<typeof gatewayConfig>;
