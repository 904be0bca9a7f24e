import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { DocumentSet } from './document-set.ts';
import type { PersistedDocument } from './read-manifest.ts';

/** Why a registered document cannot be run. */
export interface DocumentProblem {
  readonly file: string;
  readonly id: string;
  /** Names of the document's operations; null when none has one. */
  readonly operation: string | null;
  /** Within the document. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Of one document: a field that has gone may be missing at a hundred places. */
const MAX_ERRORS = 10;

/**
 * Validates registered documents against the schema of those who may run them.
 * @param rules in addition to GraphQL's own.
 */
export function checkDocuments(
  schema: GraphQLSchema,
  set: DocumentSet,
  rules: readonly ValidationRule[] = [],
): readonly DocumentProblem[] {
  const allRules = [...specifiedRules, ...rules];
  return [...set].flatMap(registered => {
    const document = parse(registered.text);
    return validate(schema, document, allRules, { maxErrors: MAX_ERRORS })
      .slice(0, MAX_ERRORS)
      .map(error => problemOf(error, registered, document));
  });
}

function problemOf(
  { message, locations }: GraphQLError,
  { file, id }: PersistedDocument,
  document: DocumentNode,
): DocumentProblem {
  const { line = 1, column = 1 } = locations?.[0] ?? {};
  return { file, id, operation: namesOf(document), line, column, message };
}

function namesOf({ definitions }: DocumentNode): string | null {
  const names = definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
  );
  return names.length === 0 ? null : names.join(', ');
}
