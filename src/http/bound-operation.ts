import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Json } from '../shared/json.ts';

/** A validated operation with this request's variables. */
export interface BoundOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** Hash of the document's text and name of the operation: with a generation, all that plans depend on. */
  readonly id: string;
  /** Coerced, with defaults, in the order of their definitions. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Equal for two requests exactly if operation and coerced variables are. */
  readonly key: string;
}
