import { z } from 'zod';

/** What the gateway itself tells subgraphs about a request. */
const OWNED = [
  'x-user-id',
  'x-user-roles',
  'x-tenant-id',
  'x-persona',
  'x-request-id',
  'traceparent',
  'x-deadline-ms',
  'signature',
  'signature-input',
  'content-digest',
];

/** What belongs to one connection or one body (RFC 9110, section 7.6.1), and what the transport writes. */
const OF_THE_MESSAGE = [
  'accept',
  'accept-charset',
  'accept-encoding',
  'connection',
  'date',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,128}$/;
const VALUE = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Why a rule may not name this header, or null. */
function objectionTo(name: string): string | null {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is not the name of a header`;
  // Many servers give programs x_user_id and x-user-id under one name.
  const canonical = name.toLowerCase().replaceAll('_', '-');
  if (OWNED.includes(canonical)) return `${name} is the gateway's own: subgraphs trust what it says`;
  if (OF_THE_MESSAGE.includes(canonical) || /^(content|proxy)-/.test(canonical))
    return `${name} belongs to one message or connection and cannot be passed on`;
  return null;
}

const headerName = z.string().superRefine((name, context) => {
  const objection = objectionTo(name);
  if (objection !== null) context.addIssue({ code: 'custom', message: objection });
});

const headerValue = z.string().max(8_192).regex(VALUE, {
  error: 'is not the value of a header: visible ASCII, without line breaks and spaces at its ends',
});

export const subgraphHeaders = z
  .strictObject({
    forward: z
      .array(headerName)
      .default([])
      .describe('Headers of clients that are passed on as they came, like authorization.'),
    set: z
      .record(headerName, headerValue)
      .default({})
      .describe('Headers with values of your own, like a key of the subgraph.'),
  })
  .superRefine(({ forward, set }, context) => {
    const seen = new Set<string>();
    for (const name of [...forward, ...Object.keys(set)]) {
      if (!seen.has(name.toLowerCase())) seen.add(name.toLowerCase());
      else context.addIssue({ code: 'custom', message: `${name} is named more than once` });
    }
  });

export const subgraphSignature = z
  .strictObject({
    algorithm: z
      .enum(['hmac-sha256', 'ed25519'])
      .describe('hmac-sha256: with a shared secret. ed25519: subgraphs hold a public key only.'),
    keyId: z
      .string()
      .regex(/^[\w.:/@+-]{1,128}$/, { error: 'may have letters, digits and _.:/@+- only' })
      .default('weir')
      .describe('`keyid` of the signature, by which subgraphs find the key.'),
    secret: z
      .string()
      .min(32)
      .optional()
      .describe('Of hmac-sha256, 32 characters or more; write it as a reference to an environment variable.'),
    privateKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the ed25519 private key, relative to the configuration.'),
    components: z
      .array(z.enum(['@authority', 'content-type', 'traceparent', 'x-deadline-ms', 'x-request-id']))
      .default([])
      .describe(
        'What is signed besides method, path, body and the headers about the caller; nothing that a proxy on the way changes.',
      ),
  })
  .superRefine(({ algorithm, secret, privateKeyFile }, context) => {
    const fits =
      algorithm === 'ed25519'
        ? privateKeyFile !== undefined && secret === undefined
        : secret !== undefined && privateKeyFile === undefined;
    const wanted = algorithm === 'ed25519' ? 'privateKeyFile' : 'secret';
    if (!fits)
      context.addIssue({ code: 'custom', message: `${algorithm} takes ${wanted}, and no other key` });
  });

export type SubgraphHeadersConfig = z.output<typeof subgraphHeaders>;
export type SubgraphSignatureConfig = z.output<typeof subgraphSignature>;
