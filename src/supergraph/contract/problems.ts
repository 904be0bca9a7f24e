import {
  type GraphQLArgument,
  type GraphQLInputField,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { hiddenInDefault } from './hidden-in-default.ts';
import type { Reachable } from './reach.ts';

/** Something that keeps a contract from being a schema of its own. */
export interface ContractProblem {
  /** What to tag differently, such as `Query.order(id:)`. */
  readonly coordinate: string;
  readonly reason: string;
}

/** What in a contract could not be used, or would tell of something hidden. */
export function contractProblems(parts: Reachable): readonly ContractProblem[] {
  const query = parts.schema.getQueryType()?.name ?? 'Query';
  if (!parts.kept.has(query)) return [{ coordinate: query, reason: 'the tags leave no field to query' }];
  return [...directiveProblems(parts), ...inputProblems(parts), ...outputProblems(parts)];
}

function* directiveProblems(parts: Reachable): Generator<ContractProblem> {
  for (const { name, args } of parts.schema.getDirectives()) yield* argumentProblems(args, `@${name}`, parts);
}

function* outputProblems(parts: Reachable): Generator<ContractProblem> {
  for (const [name, fields] of parts.kept) {
    const type = parts.schema.getType(name);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of fields) {
      const args = type.getFields()[field]?.args ?? [];
      yield* argumentProblems(args, `${name}.${field}`, parts);
      for (const argument of args.filter(isRequiredArgument)) {
        const place = `${field}(${argument.name}:)`;
        if (parts.hiddenArguments.has(`${name}.${place}`)) continue;
        for (const { name: interfaceName } of type.getInterfaces()) {
          if (!parts.kept.get(interfaceName)?.has(field)) continue;
          if (!parts.hiddenArguments.has(`${interfaceName}.${place}`)) continue;
          const reason = `is hidden, but ${name}.${place} implements it and is required`;
          yield { coordinate: `${interfaceName}.${place}`, reason };
        }
      }
    }
  }
}

function* argumentProblems(
  args: readonly GraphQLArgument[],
  owner: string,
  parts: Reachable,
): Generator<ContractProblem> {
  for (const argument of args) {
    const coordinate = `${owner}(${argument.name}:)`;
    if (!parts.hiddenArguments.has(coordinate)) yield* defaultProblems(argument, coordinate, parts);
    else if (isRequiredArgument(argument)) {
      yield { coordinate, reason: `is hidden but required; hide ${owner} too, or show the argument` };
    }
  }
}

function* inputProblems(parts: Reachable): Generator<ContractProblem> {
  for (const [name, fields] of parts.kept) {
    const type = parts.schema.getType(name);
    if (!isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${name}.${field.name}`;
      if (fields.has(field.name)) yield* defaultProblems(field, coordinate, parts);
      else if (isRequiredInputField(field)) {
        yield { coordinate, reason: `is hidden but required; hide ${name} too, or show the field` };
      }
    }
  }
}

function* defaultProblems(
  { type, defaultValue }: GraphQLArgument | GraphQLInputField,
  coordinate: string,
  parts: Reachable,
): Generator<ContractProblem> {
  if (defaultValue === undefined) return;
  const hidden = hiddenInDefault(defaultValue, type, parts.kept);
  if (hidden !== null) yield { coordinate, reason: `its default value has ${hidden}, which is hidden` };
}
