import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { CliError } from './cli-error.ts';

export interface ReadOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
}

/** @throws CliError when no such operation can be run against the schema. */
export function readOperation(text: string, schema: GraphQLSchema, name: string | undefined): ReadOperation {
  const document = parseOperation(text);
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
