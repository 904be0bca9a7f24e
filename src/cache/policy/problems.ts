import type { GraphQLSchema } from 'graphql';
import { isCompositeType } from 'graphql';
import type { CacheConfig } from '../../config/cache.ts';
import { nearest } from '../../shared/nearest.ts';

/** What `cache` says that cannot be, one sentence each. Of a field that is not there nobody would notice that it is not kept. */
export function cacheProblems(
  { fields, redis, memory, maxEntry }: CacheConfig,
  { schema, hasRedis }: { readonly schema: GraphQLSchema; readonly hasRedis: boolean },
): readonly string[] {
  const problems = Object.keys(fields).flatMap(coordinate => problemsOf(coordinate, schema));
  if (redis === true && !hasRedis)
    problems.push('cache.redis: there is no storage.redis to share entries in; name it, or leave this out');
  if (maxEntry > memory) problems.push('cache.maxEntry: is more than cache.memory, so it would never fit');
  return problems;
}

function problemsOf(coordinate: string, schema: GraphQLSchema): string[] {
  const place = `cache.fields.${coordinate}`;
  const [typeName = '', name] = coordinate.split('.');
  const type = schema.getType(typeName);
  if (!isCompositeType(type)) {
    const known = Object.values(schema.getTypeMap()).filter(isCompositeType);
    return [`${place}: there is no such type${hint(typeName, known)}`];
  }
  if (type === schema.getMutationType() || type === schema.getSubscriptionType())
    return [`${place}: nothing of ${typeName} is ever kept; leave this out`];
  if (name === undefined) return [];
  const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
  if (fields.some(field => field.name === name)) return [];
  return [`${place}: ${typeName} has no such field${hint(name, fields)}`];
}

function hint(name: string, known: readonly { readonly name: string }[]): string {
  const suggestion = nearest(
    name,
    known.map(one => one.name),
  );
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}
