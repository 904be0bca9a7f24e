import { readFileSync } from 'node:fs';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { describeFailure } from '../shared/describe-failure.ts';
import { CliError } from './cli-error.ts';

export interface ReadOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
}

/**
 * @param given GraphQL text, or the name of a file with it.
 * @throws CliError when no such operation can be run against the schema.
 */
export function readOperation(given: string, schema: GraphQLSchema, name: string | undefined): ReadOperation {
  const document = parseOperation(textOf(given));
  const errors = validate(schema, document);
  if (errors.length > 0) throw new CliError(errors.map(describeError).join('\n'));
  const definition = getOperationAST(document, name);
  if (definition) return { document, definition };
  throw new CliError(
    name === undefined
      ? 'there are several operations: say which with --operation-name'
      : `there is no operation "${name}"`,
  );
}

/** Every operation has a brace, and hardly a file in its name. */
function textOf(given: string): string {
  if (given.includes('{')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (cause) {
    throw new CliError(
      `${given} is neither an operation, as in '{ me { id } }', nor a file with one: ${describeFailure(cause)}`,
      cause,
    );
  }
}

function parseOperation(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof GraphQLError ? new CliError(describeError(error), error) : error;
  }
}

function describeError({ message, locations = [] }: GraphQLError): string {
  const [place] = locations;
  return place === undefined ? message : `${message} (line ${place.line}, column ${place.column})`;
}
