import { z } from 'zod';
import { overloadConfig } from './overload.ts';
import { listenerTls } from './tls.ts';
import { count, duration, hostName, listenAddress, size, someTimeLimit, timeLimit } from './values.ts';

/** As browsers send it in `Origin`: what differs from that is never met. */
const origin = z
  .string()
  .refine(text => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    error: ({ input }) => {
      const text = String(input);
      const isUrl = URL.canParse(text) && /^https?:/.test(text);
      return `is no origin; write ${isUrl ? new URL(text).origin : 'scheme and host, as in https://app.example.com'}`;
    },
  });

const cors = z
  .strictObject({
    origins: z
      .array(origin)
      .min(1)
      .describe('Origins that browsers may call from, as in https://app.example.com; "*" allows any origin.'),
    credentials: z
      .boolean()
      .default(false)
      .describe('Whether browsers may send cookies. Not together with "*".'),
    maxAge: duration.prefault('10m').describe('How long browsers may keep the answer to a preflight.'),
  })
  .refine(value => !(value.credentials && value.origins.includes('*')), {
    error: 'credentials cannot be allowed to every origin: name the origins',
  });

const batching = z.strictObject({
  maxOperations: count.max(100).describe('Operations that one request may carry in a JSON array.'),
});

const compression = z.strictObject({
  minBytes: size.prefault('1KiB').describe('Answers smaller than this are sent as they are.'),
});

const shutdown = z.strictObject({
  grace: timeLimit
    .prefault('1500ms')
    .describe('How long requests are still taken after readiness turned to 503.'),
  drain: timeLimit.prefault('20s').describe('How long requests in flight may take after that.'),
});

/** The public listener. */
export const serverConfig = z.strictObject({
  listen: listenAddress.prefault('127.0.0.1:4000').describe('Where clients reach the gateway: host:port.'),
  tls: listenerTls.optional().describe('HTTPS. Absent: HTTP.'),
  path: z.string().startsWith('/').default('/graphql').describe('Path of the GraphQL endpoint.'),
  bodyLimit: size
    .prefault('1MiB')
    .describe('Largest request body, counted after decompression. Larger: 413.'),
  maxConnections: count
    .default(10_000)
    .describe('Connections of clients at once. One more is closed before it has asked for anything.'),
  requestTimeout: someTimeLimit.prefault('30s').describe('How long a client may take to send its request.'),
  responseTimeout: someTimeLimit.prefault('60s').describe('How long a client may take to read its answer.'),
  cors: cors.optional().describe('Cross-origin access for browsers. Absent: none.'),
  batching: batching.optional().describe('Several operations in one request. Absent: refused.'),
  overload: overloadConfig
    .optional()
    .describe(
      'Refuse requests while the process has too much to do, those of the lowest persona priority first. Absent: none is.',
    ),
  compression: compression.prefault({}).describe('gzip and brotli for clients that accept them.'),
  graphiql: z.boolean().default(false).describe('Serve the GraphiQL editor at /. `weir dev` switches it on.'),
  shutdown: shutdown.prefault({}).describe('How the process ends on SIGTERM.'),
});

/** The listener for operators: health, metrics. */
export const adminConfig = z.strictObject({
  listen: listenAddress.prefault('127.0.0.1:4010').describe('Where operators reach the gateway: host:port.'),
  hosts: z
    .array(hostName)
    .default([])
    .describe(
      'Names that requests over HTTP may ask for it by, beside that of `listen`, `localhost` and any IP address.',
    ),
  tls: listenerTls.optional().describe('HTTPS, and certificates of operators. Absent: HTTP.'),
});

export type ServerConfig = z.output<typeof serverConfig>;
