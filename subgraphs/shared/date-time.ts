import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

// RFC 3339: a date, a time and an offset. Date.parse alone would also take "1" and "March 7".
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function toInstant(value: unknown): string {
  const time = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new GraphQLError('DateTime must be a string such as 2024-05-01T12:00:00Z');
  return new Date(time).toISOString();
}

/** Normalizes to UTC with milliseconds, so that two DateTimes compare as the strings they are. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  serialize: toInstant,
  parseValue: toInstant,
  parseLiteral: node => toInstant(node.kind === Kind.STRING ? node.value : undefined),
});
