import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLSchema,
  OperationDefinitionNode,
} from 'graphql';
import type { ErrorCode } from '../errors.ts';
import type { Json } from '../shared/json.ts';

/** A field that the caller may not see, or one that is lost with it. */
export interface DeniedField {
  /** Client's response keys from the removed field to the one denied; empty where it is that field itself. */
  readonly path: readonly string[];
  /** Which check said no; see {@link Denial.refusals}. */
  readonly check: number;
}

/** Fields that only the object decides about which they are read from. */
export interface DeferredFields {
  /** Field → its checks that are still open. */
  readonly checks: ReadonlyMap<FieldNode, readonly number[]>;
  /** Field → what the checks read of the object: fetched beside the field, and never shown. */
  readonly reads: ReadonlyMap<FieldNode, readonly FragmentDefinitionNode[]>;
  /** @param parent a view of the object that throws where something is read that was not fetched. */
  judge(check: number, parent: ObjectView): Promise<DeferredVerdict>;
}

export interface ObjectView {
  readonly typeName: string;
  readonly fields: object;
}

export interface DeferredVerdict {
  readonly isAllowed: boolean;
  /** Of the rule, for the client. */
  readonly message: string | null;
}

/** What is told of a field that was taken out. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** What policies take out of an operation for one caller. */
export interface Denial {
  /** The removed fields, each with what the answer says in its place. */
  readonly removed: ReadonlyMap<FieldNode, readonly DeniedField[]>;
  /** The fields that were refused themselves, each with its check. */
  readonly denied: ReadonlyMap<FieldNode, number>;
  /** By check, where there is more to say than that the caller may not see it. */
  readonly refusals: ReadonlyMap<number, Refusal>;
  /** Null when everything was decided before the fetch. */
  readonly deferred: DeferredFields | null;
}

/** A validated operation with this request's variables. */
export interface BoundOperation {
  readonly document: DocumentNode;
  /** SHA-256 of its text. */
  readonly documentHash: string;
  readonly definition: OperationDefinitionNode;
  /** Equal for operations that are seen and answered alike: contract, form of the answer, costs. */
  readonly viewId: string;
  /** The API schema that it was validated against. */
  readonly schema: GraphQLSchema;
  /** Whether its answer leaves fields out that are null. */
  readonly omitNulls: boolean;
  /** Null when the caller may see all that it asks for. */
  readonly denial: Denial | null;
  /** Labels of progressive overrides that are on for this request, of those its fields come under; sorted. */
  readonly overrides: readonly string[];
  /** Document, name of the operation, contract, form of the answer, denial, overrides: with a generation, all that plans depend on. */
  readonly id: string;
  /** Coerced, with defaults, in the order of their definitions. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Equal for two requests exactly if id and coerced variables are. */
  readonly key: string;
}
