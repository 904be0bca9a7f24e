import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Location,
  type NameNode,
  type Source,
  Token,
  TokenKind,
  type ValidationRule,
} from 'graphql';
import { sha256 } from '../shared/hash.ts';
import { Lru } from '../shared/lru.ts';

/** Bytes of texts and errors, for each schema. */
const MAX_WEIGHT = 1024 * 1024;

/** Shorter documents are validated in less time than it is worth. */
const SHORTEST = 1_000;

/** An error without the document that it is in. */
interface Refusal {
  readonly message: string;
  /** Null: it is of the document as a whole. */
  readonly positions: readonly number[] | null;
  readonly extensions: GraphQLError['extensions'];
  readonly originalError: Error | undefined;
}

const ENTRY_WEIGHT = 300;
const ERROR_WEIGHT = 200;

/** To be gone through instead of a document about which all has been said. */
const NOTHING: DocumentNode = Object.freeze({ kind: Kind.DOCUMENT, definitions: [] });

/**
 * Documents that validation has refused, by their text: whoever sends one again is told the same, without the work. What
 * validation says depends on nothing but the schema and the rules, so these are for one list of rules.
 */
export class KnownRefusals {
  readonly #bySchema = new WeakMap<GraphQLSchema, Lru<string, readonly Refusal[]>>();

  /** To be the last of the rules. Says what is known of a document, and has the others look at nothing. */
  readonly rule: ValidationRule = context => ({
    Document: document => {
      const known = this.#bySchema.get(context.getSchema());
      const source = document.loc?.source;
      if (known === undefined || source === undefined || source.body.length < SHORTEST) return undefined;
      const refusals = known.get(sha256(source.body));
      if (refusals === undefined) return undefined;
      for (const { message, positions, ...refusal } of refusals) {
        const nodes = positions?.map(position => nodeAt(position, source)) ?? null;
        context.reportError(new GraphQLError(message, { ...refusal, nodes }));
      }
      return NOTHING;
    },
  });

  /** @param errors that validation ended with, in their order */
  remember(schema: GraphQLSchema, document: DocumentNode, errors: readonly Error[]): void {
    const text = document.loc?.source.body ?? '';
    if (text.length < SHORTEST || errors.length === 0) return;
    // Each of these is told by a rule that has looked at the document before ours does, now and the next time.
    const again = document.definitions.filter(({ kind }) => !EXECUTABLE.has(kind)).length;
    const refusals = errors.slice(again).map(refusalOf);
    const weight = refusals.reduce((sum, { message }) => sum + message.length + ERROR_WEIGHT, ENTRY_WEIGHT);
    const known = this.#bySchema.get(schema) ?? new Lru(MAX_WEIGHT);
    this.#bySchema.set(schema, known);
    known.set(sha256(text), refusals, weight);
  }
}

const EXECUTABLE: ReadonlySet<string> = new Set([Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION]);

function refusalOf(error: Error): Refusal {
  const { message } = error;
  if (!(error instanceof GraphQLError))
    return { message, positions: null, extensions: {}, originalError: error };
  const { positions = null, extensions, originalError } = error;
  return { message, positions, extensions, originalError };
}

/** Apollo Server takes an error's place from its nodes, and nothing else of them. */
function nodeAt(position: number, source: Source): NameNode {
  const token = new Token(TokenKind.NAME, position, position, 0, 0);
  return { kind: Kind.NAME, value: '', loc: new Location(token, token, source) };
}
