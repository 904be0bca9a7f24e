import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Json } from '../shared/json.ts';

interface BindInput {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly documentHash: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const NO_VARIABLES: Readonly<Record<string, Json>> = Object.freeze({});

/** graphql-js assigns values by name: this one would become the prototype of the others, and miss in the key. */
const NO_NAME = '__proto__';

/** Coerces variables (GraphQL spec 6.1.2). Returns the errors when some do not fit their types. */
export function bindOperation(input: BindInput): BoundOperation | readonly GraphQLError[] {
  const { schema, document, definition } = input;
  const id = `${input.documentHash} ${definition.name?.value ?? ''}`;
  const definitions = definition.variableDefinitions ?? [];
  if (definitions.length === 0) return { document, definition, id, variables: NO_VARIABLES, key: id };
  const unusable = definitions.find(({ variable }) => variable.name.value === NO_NAME);
  if (unusable !== undefined) {
    return [new GraphQLError(`A variable cannot be named "${NO_NAME}".`, { nodes: unusable })];
  }
  const { coerced, errors } = getVariableValues(schema, definitions, { ...input.variables });
  if (errors !== undefined) return errors;
  // A variable may be called like a property that objects inherit, and be left out.
  const variables: Record<string, Json> = Object.assign(Object.create(null), coerced);
  return { document, definition, id, variables, key: `${id} ${JSON.stringify(variables)}` };
}
