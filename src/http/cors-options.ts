import type { FastifyCorsOptions } from '@fastify/cors';
import type { ServerConfig } from '../config/server.ts';

/** What scripts of other origins may read beside the body. */
const EXPOSED_HEADERS = [
  'x-request-id',
  'x-trace-id',
  'RateLimit',
  'RateLimit-Policy',
  'retry-after',
  'etag',
  'age',
  'x-cache',
];

export function corsOptions(config: NonNullable<ServerConfig['cors']>): FastifyCorsOptions {
  return {
    origin: config.origins.includes('*') ? '*' : [...config.origins],
    credentials: config.credentials,
    maxAge: Math.floor(config.maxAge / 1_000),
    methods: ['GET', 'POST'],
    exposedHeaders: EXPOSED_HEADERS,
    // An OPTIONS request that is no preflight is answered like one instead of with an error in plain text.
    strictPreflight: false,
  };
}
