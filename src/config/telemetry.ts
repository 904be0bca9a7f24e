import { z } from 'zod';
import { httpUrl } from './values.ts';

const otlp = z.strictObject({
  endpoint: httpUrl.describe('OTLP over HTTP, as in http://127.0.0.1:4318; spans go to /v1/traces below it.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Headers of the export requests.'),
});

/** What the gateway tells about itself. Tracing costs nothing unless it is configured. */
export const telemetryConfig = z.strictObject({
  serviceName: z.string().min(1).default('weir').describe('`service.name` of spans.'),
  resource: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe('What else spans say of this process, as in `deployment.environment.name: production`.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least important log lines written.'),
  sampleRatio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of traces recorded when the caller has not decided.'),
  otlp: otlp
    .optional()
    .describe('Where spans are sent. Absent: no tracing, and OpenTelemetry is not loaded.'),
});

export type TelemetryConfig = z.output<typeof telemetryConfig>;
