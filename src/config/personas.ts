import { z } from 'zod';
import { personaCache } from './cache.ts';
import { costCeiling } from './cost.ts';
import { quotaConfig } from './rate-limit.ts';
import { count, duration, someTimeLimit } from './values.ts';

const names = z.array(z.string().min(1));

const clientPattern = z.strictObject({
  name: z.string().min(1).describe('Of graphql-client-name; `*` stands for any characters.'),
  version: z.string().min(1).default('*').describe('Of graphql-client-version, with `*` too.'),
});

const match = z.strictObject({
  claims: z
    .record(z.string().min(1), z.union([z.string(), names]))
    .optional()
    .describe('Claims of the credential and the values that say it is for this persona; all must hold.'),
  clients: z.array(clientPattern).optional().describe('Names and versions that clients call themselves.'),
  default: z.boolean().optional().describe('Whoever is of no other persona.'),
});

const requires = z.strictObject({
  authenticated: z.boolean().optional().describe('A credential.'),
  roles: names.optional().describe('One of these roles.'),
  scopes: names.optional().describe('All of these scopes.'),
});

const contract = z.strictObject({
  includeTags: names
    .optional()
    .describe('Only what has one of these tags, and what that needs. Absent: everything.'),
  excludeTags: names.optional().describe('Nothing that has one of these tags.'),
});

const documents = z.strictObject({
  mode: z
    .enum(['free', 'log-unknown', 'safelist', 'ids-only'])
    .optional()
    .describe(
      'free: any document. log-unknown: any, and a log line for those that no manifest has. safelist: only those of the manifests. ids-only: the same, and by their id.',
    ),
  manifests: names.optional().describe('Files of persisted documents, relative to the configuration.'),
  apq: z.boolean().optional().describe('Automatic persisted queries; with free and log-unknown only.'),
});

const limits = z.strictObject({
  depth: count.optional().describe('Nested selection sets.'),
  aliases: count.optional().describe('Fields with an alias, wherever fragments repeat them.'),
  rootFields: count.optional().describe('Fields of the root type.'),
  directives: count.optional().describe('Directives in a document.'),
  fragments: count.optional().describe('Spreads and inline fragments in a document.'),
  tokens: count.optional().describe('Tokens of a document. Absent: `operation.maxTokens`.'),
  batch: count.max(100).optional().describe('Operations in one request. Absent: as `server.batching` says.'),
});

const response = z.strictObject({
  omitNulls: z.boolean().optional().describe('Leave fields out that are null.'),
  maxAge: duration
    .optional()
    .describe(
      'How long shared caches may keep what anonymous callers GET by document id. Absent: not at all.',
    ),
});

const persona = z.strictObject({
  extends: z
    .string()
    .min(1)
    .optional()
    .describe('Another persona whose settings hold where this one says nothing.'),
  match: match.optional().describe('Who it is for. Never inherited.'),
  requires: requires
    .optional()
    .describe('What its callers must have; others get 403, or 401 without a credential.'),
  contract: contract.optional().describe('The part of the schema that there is for it.'),
  documents: documents.optional().describe('What it may send.'),
  introspection: z
    .boolean()
    .optional()
    .describe('Whether it may ask for the schema. Absent: `operation.introspection`.'),
  explain: z.boolean().optional().describe('Whether x-weir-explain is answered.'),
  limits: limits.optional().describe('Bounds on its documents. Absent: none but those of `operation`.'),
  cost: costCeiling
    .extend({
      show: z.boolean().optional().describe('Tell clients in `extensions.cost` what their operations cost.'),
    })
    .optional()
    .describe('What its operations may cost. Absent: as `policy.cost` and the tier say.'),
  rateLimit: quotaConfig.optional().describe('What each of its callers may do in a window.'),
  deadline: someTimeLimit.optional().describe('Longest time of its requests. Absent: `execution.deadline`.'),
  priority: z
    .number()
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Who is refused last under load (`server.overload`): higher is better; 50 unless given.'),
  cache: personaCache.optional().describe('How long what it gets may be kept. Absent: as `cache` says.'),
  response: response.optional().describe('How it is answered.'),
  audit: z.boolean().optional().describe('One log line for every operation: who, what, how it ended.'),
});

/** By name; what `default` says holds for all of them. */
export const personasConfig = z.record(
  z
    .string()
    .regex(/^[A-Za-z][\w-]{0,62}$/, { error: 'a name is a letter and then letters, digits, _ and -' }),
  persona,
);

export type PersonasConfig = z.output<typeof personasConfig>;
export type PersonaConfig = z.output<typeof persona>;
