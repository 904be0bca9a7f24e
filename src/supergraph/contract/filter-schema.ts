import { type DocumentNode, type GraphQLSchema, validateSchema } from 'graphql';
import { readTags, type TagFilter } from '../tags.ts';
import { buildContractSchema } from './build-schema.ts';
import { hiddenArguments } from './hidden-arguments.ts';
import { type ContractProblem, contractProblems } from './problems.ts';
import { reachable } from './reach.ts';
import { selectByTags, tagRules } from './select-by-tags.ts';

/** Why tags cannot be filtered as asked. The message holds a line a problem, fit for a terminal. */
export class ContractError extends Error {
  readonly problems: readonly ContractProblem[];

  constructor(filter: TagFilter, problems: readonly ContractProblem[]) {
    const lines = problems.map(({ coordinate, reason }) => `\n  - ${coordinate}: ${reason}`);
    super(`the contract (${describeFilter(filter)}) leaves no valid schema:${lines.join('')}`);
    this.name = 'ContractError';
    this.problems = problems;
  }
}

interface ContractInput {
  /** The supergraph, with its tags. */
  readonly document: DocumentNode;
  /** What the filter is applied to. */
  readonly apiSchema: GraphQLSchema;
}

/**
 * The API schema of a contract: what the tags let in, and of this what an operation can reach. Every operation
 * that is valid for it is valid for the whole API schema, and can be planned with it.
 * @throws ContractError
 */
export function filterSchema({ document, apiSchema }: ContractInput, filter: TagFilter): GraphQLSchema {
  if ((filter.includeTags ?? []).length === 0 && (filter.excludeTags ?? []).length === 0) return apiSchema;
  const rules = tagRules(readTags(document), filter);
  const selected = selectByTags(apiSchema, rules);
  const hidden = hiddenArguments(apiSchema, selected, rules);
  const kept = reachable({ schema: apiSchema, kept: selected, hiddenArguments: hidden });
  const parts = { schema: apiSchema, kept, hiddenArguments: hidden };
  const problems = contractProblems(parts);
  if (problems.length > 0) throw new ContractError(filter, problems);

  const contract = buildContractSchema(parts);
  const errors = validateSchema(contract);
  if (errors.length === 0) return contract;
  throw new ContractError(
    filter,
    errors.map(({ message }) => ({ coordinate: 'schema', reason: message })),
  );
}

function describeFilter({ includeTags = [], excludeTags = [] }: TagFilter): string {
  return `includeTags: [${includeTags.join(', ')}], excludeTags: [${excludeTags.join(', ')}]`;
}
