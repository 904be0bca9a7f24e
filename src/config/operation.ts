import { z } from 'zod';
import { count, size } from './values.ts';

/** What documents may be, checked before the work that the bound protects. */
export const operationConfig = z.strictObject({
  introspection: z
    .boolean()
    .default(false)
    .describe('Whether clients may ask for the schema. `weir dev` switches it on.'),
  maxTokens: count.default(10_000).describe('Tokens of a document, checked while it is parsed.'),
  maxNesting: count
    .max(500)
    .default(100)
    .describe('Depth of brackets in a document or in variables, and of fields and fragments in each other.'),
  maxComparisons: count
    .default(50_000)
    .describe(
      'Comparisons of fields, selection sets and fragments that come together at one place of an answer.',
    ),
  documentCache: size
    .prefault('32MiB')
    .describe('Memory for parsed and validated documents, estimated from their length.'),
  planCache: size
    .prefault('64MiB')
    .describe('Memory for plans, code and rights of operations, estimated from their fields and texts.'),
});
