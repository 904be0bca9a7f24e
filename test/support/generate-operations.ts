import { type GraphQLSchema, parse, validate } from 'graphql';
import { createRandom, integer, pick, type Random } from '../../subgraphs/shared/random.ts';
import type { OperationDraft, Samples } from './generate-arguments.ts';
import { writeSelections } from './generate-selections.ts';
import { createScope } from './response-scope.ts';

export interface GenerateOptions {
  readonly seed: number;
  readonly count: number;
  /** Levels of objects below the root. */
  readonly maxDepth: number;
  /** Values for arguments; those of the example supergraph by default. */
  readonly samples?: Samples;
}

export interface GeneratedOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Named always: a document may hold several operations. */
  readonly operationName: string;
}

function ids(prefix: string, numbers: readonly number[]): string[] {
  return numbers.map(n => `${prefix}-${n}`);
}

/** Ids that exist in the example data, and one of each kind that does not. */
export const EXAMPLE_SAMPLES: Samples = {
  first: [1, 2, 3, 5],
  'Query.user.id': ids('u', [1, 2, 7, 20, 100, 999, 5_000]),
  'Query.order.id': ids('o', [1, 2, 300, 1_001, 4_999, 9_999]),
  'Query.product.id': ids('p', [1, 2, 33, 150, 400, 999]),
  'Query.review.id': ids('r', [1, 2, 500, 3_000, 9_999]),
  'Query.organization.id': ids('org', [1, 2, 50, 99]),
  'Query.profile.id': ['u-1', 'org-1', 'u-31', 'org-31', 'nobody'],
  'Query.profiles.ids': ['u-1', 'u-2', 'org-1', 'org-7', 'nobody'],
  // The cursor of u-2; any other text is an error.
  'Query.users.after': ['YWZ0ZXI6dS0y'],
  'Query.productBySku.tenant': ['north', 'south'],
  'Query.productBySku.sku': ['sku-1', 'sku-2', 'sku-77', 'sku-999'],
  'Query.search.text': ['ada', 'lamp', 'o-1', 'steel', 'p-12'],
  'OrderFilter.userIds': ids('u', [1, 2, 3, 500]),
};

const MOST_ROWS = 800;

function createDraft(name: string, random: Random, samples: Samples): OperationDraft {
  return { random, samples, definitions: [], values: {}, fragments: [], name, rowsLeft: MOST_ROWS };
}

function writeOperation(schema: GraphQLSchema, draft: OperationDraft, maxDepth: number): string {
  const type = schema.getQueryType();
  if (!type) throw new Error('the schema has no queries');
  const depth = integer(draft.random, 1, Math.max(1, maxDepth));
  const body = writeSelections({ schema, type, scope: createScope(), depth, rows: 1 }, draft);
  const variables = draft.definitions.length === 0 ? '' : `(${draft.definitions.join(', ')})`;
  return [`query ${draft.name}${variables} ${body}`, ...draft.fragments.map(({ text }) => text)].join('\n');
}

function writeDocument(schema: GraphQLSchema, random: Random, options: GenerateOptions): GeneratedOperation {
  const operations = random() < 0.15 ? 2 : 1;
  const drafts = Array.from({ length: operations }, (_, index) =>
    createDraft(`Op${index + 1}`, random, options.samples ?? EXAMPLE_SAMPLES),
  );
  const texts = drafts.map(draft => writeOperation(schema, draft, options.maxDepth));
  const chosen = pick(random, drafts);
  return { query: texts.join('\n'), variables: chosen.values, operationName: chosen.name };
}

/**
 * Yields `count` operations that are valid for the schema: the same ones for the same seed. Parts that
 * cannot be known to merge while they are written (a fragment spread twice) are tried and, seldom, thrown
 * away by graphql-js's own validation.
 */
export function generateOperations(schema: GraphQLSchema, options: GenerateOptions): GeneratedOperation[] {
  const random = createRandom(options.seed);
  const operations: GeneratedOperation[] = [];
  for (let tries = 0; operations.length < options.count; tries += 1) {
    if (tries > options.count * 20 + 100) throw new Error('the schema leaves too little to ask for');
    const operation = writeDocument(schema, random, options);
    if (validate(schema, parse(operation.query)).length === 0) operations.push(operation);
  }
  return operations;
}
