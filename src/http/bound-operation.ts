import type { DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { Json } from '../shared/json.ts';

/** A field that the caller may not see, or one that is lost with it. */
export interface DeniedField {
  /** Client's response keys from the removed field to the one denied; empty where it is that field itself. */
  readonly path: readonly string[];
  /** Which check said no; see {@link Denial.messages}. */
  readonly check: number;
}

/** What authorization takes out of an operation for one caller. */
export interface Denial {
  /** The removed fields, each with what the answer says in its place. */
  readonly removed: ReadonlyMap<FieldNode, readonly DeniedField[]>;
  /** What is told of each refusal, by check, where a rule had words for it. */
  readonly messages: ReadonlyMap<number, string>;
}

/** A validated operation with this request's variables. */
export interface BoundOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The API schema that it was validated against. */
  readonly schema: GraphQLSchema;
  /** Whether its answer leaves fields out that are null. */
  readonly omitNulls: boolean;
  /** Null when the caller may see all that it asks for. */
  readonly denial: Denial | null;
  /** Document, name of the operation, contract, form of the answer, denial: with a generation, all that plans depend on. */
  readonly id: string;
  /** Coerced, with defaults, in the order of their definitions. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Equal for two requests exactly if id and coerced variables are. */
  readonly key: string;
}
