import { z } from 'zod';

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

export type SubgraphSignatureConfig = z.output<typeof subgraphSignature>;
