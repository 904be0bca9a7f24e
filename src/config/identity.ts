import { z } from 'zod';
import { count, duration, httpUrl, size, someTimeLimit } from './values.ts';

/** `none` is no algorithm, and an HMAC one is only ever meant where a secret is shared. */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];

const algorithm = z.enum([...ASYMMETRIC, ...SYMMETRIC] as [string, ...string[]]);

const claimNames = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const claims = z.strictObject({
  subject: claimNames.prefault('sub').describe('Who: a user, or a machine.'),
  scopes: claimNames
    .prefault(['scope', 'scp'])
    .describe('What the token allows: a list, or one text with spaces. The first claim present counts.'),
  roles: claimNames.prefault('roles').describe('What the subject is.'),
  permissions: claimNames.prefault('permissions').describe('What the subject may do.'),
  tenant: claimNames.prefault(['tenant', 'tenant_id']).describe('Whose data the subject works on.'),
  tier: claimNames.prefault('tier').describe('What the subject pays for.'),
  client: claimNames.prefault(['client_id', 'azp']).describe('The application that got the token.'),
  persona: claimNames.prefault('persona').describe('The persona that the token is for.'),
});

const provider = z
  .strictObject({
    issuer: z.string().min(1).describe('`iss` of its tokens, exactly.'),
    audiences: z.array(z.string().min(1)).min(1).describe('A token must name one of these in `aud`.'),
    audienceClaim: z
      .string()
      .min(1)
      .default('aud')
      .describe('In which claim instead: `client_id`, where access tokens have no `aud`.'),
    algorithms: z
      .array(algorithm)
      .min(1)
      .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
      .describe('Signatures that are accepted.'),
    types: z
      .array(z.string().min(1))
      .min(1)
      .default(['JWT', 'at+jwt'])
      .describe(
        '`typ` headers that are accepted, so that an ID token is not taken for an access token. A token without `typ` passes.',
      ),
    jwksUri: httpUrl
      .refine(url => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
        error: 'must not contain a user or a password; keys are public',
      })
      .optional()
      .describe('Where its keys are.'),
    jwksFile: z.string().min(1).optional().describe('File with its keys, relative to the configuration.'),
    secret: z
      .string()
      .min(32)
      .optional()
      .describe('Shared secret of HS256, HS384 or HS512; 32 characters or more.'),
    claims: claims.prefault({}).describe('Which claims say what.'),
  })
  .refine(
    ({ jwksUri, jwksFile, secret }) =>
      [jwksUri, jwksFile, secret].filter(source => source !== undefined).length === 1,
    { error: 'give exactly one of jwksUri, jwksFile and secret' },
  )
  .refine(
    ({ secret, algorithms }) => algorithms.every(name => SYMMETRIC.includes(name) === (secret !== undefined)),
    { error: 'a secret goes with HS256, HS384 and HS512 only, and keys with the other algorithms' },
  );

const keySets = z.strictObject({
  maxAge: duration.prefault('10m').describe('How long fetched keys are used before they are fetched again.'),
  cooldown: duration.prefault('30s').describe('Least time between two fetches that an unknown `kid` causes.'),
  staleFor: duration
    .prefault('1h')
    .describe('How long keys are used after their last good fetch while the endpoint fails. Then: refused.'),
  timeout: someTimeLimit.prefault('5s').describe('Longest time one fetch may take.'),
});

const jwt = z.strictObject({
  providers: z
    .array(provider)
    .min(1)
    .refine(all => new Set(all.map(({ issuer }) => issuer)).size === all.length, {
      error: 'two providers have the same issuer; tokens are told apart by it',
    })
    .describe('Who may issue tokens, told apart by `iss`.'),
  cookie: z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'is not the name of a cookie' })
    .optional()
    .describe(
      'A cookie that carries the token where there is no Authorization header; such requests must show that no other web site made them.',
    ),
  clockTolerance: duration.prefault('30s').describe('Leeway for `exp`, `nbf` and `iat`.'),
  maxToken: size.prefault('8KiB').describe('Largest token.'),
  cache: count.default(10_000).describe('Verified tokens that are remembered until they expire.'),
  ignoreSchemes: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Schemes of the Authorization header, like Basic, that are somebody else's business. Others are 401.",
    ),
  keySets: keySets.prefault({}).describe('How keys of `jwksUri` are kept.'),
});

const introspection = z.strictObject({
  endpoint: httpUrl.describe('The introspection endpoint of RFC 7662.'),
  clientId: z.string().min(1).describe('Who the gateway is there.'),
  clientSecret: z.string().min(1).describe('Its secret; write it as a reference to an environment variable.'),
  tokens: z
    .enum(['opaque', 'all'])
    .default('opaque')
    .describe(
      'opaque: tokens that are no JWT. all: JWTs too, after their signature, so that revoked ones are refused.',
    ),
  audiences: z
    .array(z.string().min(1))
    .optional()
    .describe('If given, `aud` of the answer must name one of these.'),
  claims: claims.prefault({}).describe('Which members of the answer say what.'),
  timeout: someTimeLimit.prefault('2s').describe('Longest time one question may take.'),
  cacheFor: duration.prefault('60s').describe('How long an answer is used, at most until `exp`.'),
  cache: count.default(10_000).describe('Answers that are remembered.'),
  onUnavailable: z
    .enum(['deny', 'last-known'])
    .default('deny')
    .describe('While the endpoint does not answer. last-known: what it said last, for `lastKnownFor`.'),
  lastKnownFor: duration.prefault('5m').describe('How old an answer may be for `last-known`.'),
});

const apiKeys = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe('File of the keys, relative to the configuration; followed when it changes.'),
    redis: z.boolean().default(false).describe('Keep the keys in `storage.redis` instead of a file.'),
    cache: count.default(10_000).describe('Keys that are remembered once they were checked.'),
    cacheFor: duration.prefault('30s').describe('How long; a revoked key may be used that much longer.'),
  })
  .refine(({ file, redis }) => (file !== undefined) !== redis, { error: 'give either file or redis: true' });

/** Who is asking. */
export const identityConfig = z.strictObject({
  required: z
    .boolean()
    .default(false)
    .describe(
      'Refuse requests without a credential. Off: they are anonymous, unless their persona requires more.',
    ),
  jwt: jwt
    .optional()
    .describe('JSON Web Tokens. Absent, and without introspection: the Authorization header is ignored.'),
  introspection: introspection.optional().describe('Ask the authorization server about tokens.'),
  apiKeys: apiKeys.optional().describe('Keys in the header x-api-key.'),
});

export type IdentityConfig = z.output<typeof identityConfig>;
export type JwtConfig = NonNullable<IdentityConfig['jwt']>;
export type JwtProviderConfig = JwtConfig['providers'][number];
export type ClaimsConfig = JwtProviderConfig['claims'];
export type IntrospectionConfig = NonNullable<IdentityConfig['introspection']>;
export type ApiKeysConfig = NonNullable<IdentityConfig['apiKeys']>;
