import { isIP } from 'node:net';
import { z } from 'zod';

const file = z.string().min(1);

const minVersion = z
  .enum(['TLSv1.2', 'TLSv1.3'])
  .default('TLSv1.2')
  .describe('Oldest version of TLS that is spoken.');

const DNS_NAME = /^[a-z\d_]([a-z\d._-]{0,251}[a-z\d])?$/i;

/** How others are known, and how the gateway makes itself known to them. */
const tlsTo = (other: string) =>
  z
    .strictObject({
      ca: file
        .optional()
        .describe(
          `PEM file of the CAs that may have signed the certificate of ${other}. Absent: those that Node trusts.`,
        ),
      cert: file
        .optional()
        .describe('PEM file of the certificate that the gateway shows, the CAs between after it.'),
      key: file.optional().describe('PEM file of the key of that certificate, without a passphrase.'),
      serverName: z
        .string()
        .refine(name => DNS_NAME.test(name) && isIP(name) === 0, { error: 'is not the name of a host' })
        .optional()
        .describe(`The name that the certificate of ${other} must have. Absent: the host of its URL.`),
      minVersion,
    })
    .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
      error: 'cert and key go together: give both, or neither',
    });

export const subgraphTls = tlsTo('the subgraph');
export const redisTls = tlsTo('Redis');

/** A listener that speaks HTTPS. */
export const listenerTls = z
  .strictObject({
    cert: file.describe('PEM file of the certificate, the CAs between after it.'),
    key: file.describe('PEM file of its key, without a passphrase.'),
    clientCa: file.optional().describe('PEM file of the CAs that may have signed certificates of clients.'),
    clientCertificates: z
      .enum(['none', 'request', 'require'])
      .optional()
      .describe(
        'require: who shows no certificate of clientCa gets no connection. request: one that is shown must be good. Absent: require where there is a clientCa, else none.',
      ),
    minVersion,
  })
  .refine(
    ({ clientCa, clientCertificates = 'none' }) => clientCa !== undefined || clientCertificates === 'none',
    { error: 'clientCertificates needs clientCa: a file of the CAs that may have signed them' },
  );

export type SubgraphTlsConfig = z.output<typeof subgraphTls>;
export type ListenerTlsConfig = z.output<typeof listenerTls>;
