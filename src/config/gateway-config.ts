import { z } from 'zod';
import { executionConfig } from './execution.ts';
import { operationConfig } from './operation.ts';
import { adminConfig, serverConfig } from './server.ts';
import { telemetryConfig } from './telemetry.ts';

/** `gateway.yaml`: one key a feature. */
export const gatewayConfig = z.strictObject({
  server: serverConfig.prefault({}).describe('The listener for clients.'),
  admin: adminConfig.prefault({}).describe('The listener for operators.'),
  operation: operationConfig.prefault({}).describe('Documents: limits and caches.'),
  execution: executionConfig.prefault({}).describe('Plans, subgraphs, deadlines.'),
  telemetry: telemetryConfig.prefault({}).describe('Logs, traces, metrics.'),
});

/** What may be written in `gateway.yaml`. */
export type GatewayConfigInput = z.input<typeof gatewayConfig>;

/** The config as the gateway uses it: every default filled in, texts parsed, frozen. */
export type GatewayConfig = z.output<typeof gatewayConfig>;
