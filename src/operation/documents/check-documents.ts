import {
  type DocumentNode,
  GraphQLError,
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
 * @param rules looked at before GraphQL's own.
 */
export function checkDocuments(
  schema: GraphQLSchema,
  set: DocumentSet,
  rules: readonly ValidationRule[] = [],
): readonly DocumentProblem[] {
  const allRules = [...rules, ...specifiedRules];
  return [...set].flatMap(registered => {
    const document = parse(registered.text);
    const errors = validate(schema, document, allRules, { maxErrors: MAX_ERRORS });
    const problems = errors.slice(0, MAX_ERRORS).map(error => problemOf(error, registered, document));
    // A rule that ends validation does so by reporting one error many times.
    return [...new Map(problems.map(problem => [JSON.stringify(problem), problem])).values()];
  });
}

/** What the parser holds the texts of clients to. Registered ones are parsed before anybody's limit is known. */
export function tokenLimit(maxTokens: number): ValidationRule {
  return context => ({
    Document({ tokenCount = 0 }) {
      if (tokenCount <= maxTokens) return;
      context.reportError(
        new GraphQLError(`The document has ${tokenCount} tokens; ${maxTokens} are allowed.`),
      );
    },
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
