import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import type { Selection } from './select-by-tags.ts';

export interface Reachable {
  readonly schema: GraphQLSchema;
  readonly kept: Selection;
  /** Coordinates of arguments that are not in the contract. */
  readonly hiddenArguments: ReadonlySet<string>;
}

/**
 * The part of a selection that an operation can get to: from the root types by way of fields, arguments and
 * members. An interface that is only implemented, and returned by no field, does not bring its other
 * implementations along.
 */
export function reachable({ schema, kept, hiddenArguments }: Reachable): Selection {
  const named = new Set<string>();
  const returned = new Set<string>();
  const queue: { readonly type: GraphQLNamedType; readonly isReturned: boolean }[] = [];
  const visit = (type: GraphQLType, isReturned: boolean): void => {
    const inner = getNamedType(type);
    const seen = isReturned ? returned : named;
    if (!kept.has(inner.name) || seen.has(inner.name)) return;
    named.add(inner.name);
    seen.add(inner.name);
    queue.push({ type: inner, isReturned });
  };
  const visitArguments = (args: readonly GraphQLArgument[], owner: string): void => {
    for (const { name, type } of args) if (!hiddenArguments.has(`${owner}(${name}:)`)) visit(type, false);
  };

  for (const root of rootTypes(schema)) visit(root, true);
  for (const directive of schema.getDirectives()) visitArguments(directive.args, `@${directive.name}`);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { type, isReturned } = next;
    if (isUnionType(type) || (isInterfaceType(type) && isReturned)) {
      for (const member of schema.getPossibleTypes(type)) visit(member, true);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const implemented of type.getInterfaces()) visit(implemented, false);
      for (const field of Object.values(type.getFields())) {
        if (!kept.get(type.name)?.has(field.name)) continue;
        visit(field.type, true);
        visitArguments(field.args, `${type.name}.${field.name}`);
      }
    }
    if (isInputObjectType(type)) {
      for (const { name, type: inner } of Object.values(type.getFields())) {
        if (kept.get(type.name)?.has(name)) visit(inner, false);
      }
    }
  }
  return new Map([...kept].filter(([name]) => named.has(name)));
}

/** Whether a type is in the contract; what belongs to GraphQL itself always is. */
export function isKept(type: GraphQLType, kept: Selection): boolean {
  const inner = getNamedType(type);
  return kept.has(inner.name) || isSpecifiedScalarType(inner) || isIntrospectionType(inner);
}

function rootTypes(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return types.filter(type => type !== null && type !== undefined);
}
