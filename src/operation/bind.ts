import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Json } from '../shared/json.ts';

/** The part of the graph that an audience sees, and how it is answered. */
export interface View {
  /** Equal exactly if schema and form are, within a generation. */
  readonly id: string;
  readonly schema: GraphQLSchema;
  readonly omitNulls: boolean;
}

interface BindInput {
  readonly view: View;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly documentHash: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const NO_VARIABLES: Readonly<Record<string, Json>> = Object.freeze({});

/** Who asks decides about them, once it is known what is left of the operation. */
const NO_OVERRIDES: readonly string[] = Object.freeze([]);

/** graphql-js assigns values by name: this one would become the prototype of the others, and miss in the key. */
const NO_NAME = '__proto__';

/** Coerces variables (GraphQL spec 6.1.2). Returns the errors when some do not fit their types. */
export function bindOperation(input: BindInput): BoundOperation | readonly GraphQLError[] {
  const { document, documentHash, definition } = input;
  const { id: viewId, schema, omitNulls } = input.view;
  const id = `${viewId} ${documentHash} ${definition.name?.value ?? ''}`;
  const bound = (variables: BoundOperation['variables'], key: string): BoundOperation => {
    return {
      document,
      documentHash,
      definition,
      viewId,
      schema,
      omitNulls,
      denial: null,
      overrides: NO_OVERRIDES,
      id,
      variables,
      key,
    };
  };
  const definitions = definition.variableDefinitions ?? [];
  if (definitions.length === 0) return bound(NO_VARIABLES, id);
  const unusable = definitions.find(({ variable }) => variable.name.value === NO_NAME);
  if (unusable !== undefined) {
    return [new GraphQLError(`A variable cannot be named "${NO_NAME}".`, { nodes: unusable })];
  }
  const { coerced, errors } = getVariableValues(schema, definitions, { ...input.variables });
  if (errors !== undefined) return errors;
  // A variable may be called like a property that objects inherit, and be left out.
  const variables: Record<string, Json> = Object.assign(Object.create(null), coerced);
  return bound(variables, `${id} ${JSON.stringify(variables)}`);
}
