import { z } from 'zod';
import { deepFreeze } from '../shared/deep-freeze.ts';
import { nearest } from '../shared/nearest.ts';
import { elsewhere, nowhere } from './elsewhere.ts';
import { reasonOf } from './issue-reason.ts';

/** A config file that cannot be used. The message names file, key and what to write instead, one problem a line. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[]) {
    const [only] = problems;
    super(
      problems.length === 1
        ? `${source} cannot be used: ${only}`
        : `${source} cannot be used:\n${problems.map(problem => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Checks a value against a config schema and freezes the result.
 * @param source file name, for the message.
 * @throws ConfigError
 */
export function parseConfig<T extends z.ZodType>(schema: T, value: unknown, source: string): z.output<T> {
  const result = schema.safeParse(value, { error: reasonOf, reportInput: true });
  if (result.success) return deepFreeze(result.data);
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  throw new ConfigError(
    source,
    result.error.issues.flatMap(issue => describeIssue(issue, jsonSchema)),
  );
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.core.JSONSchema.BaseSchema): string[] {
  const place = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [`${place.join('.') || 'the file'}: ${messageOf(issue)}`];
  const known = Object.keys(schemaAt(schema, place)?.properties ?? {});
  const told = issue.keys.map(key => ({
    name: [...place, key].join('.'),
    hint: hintOf([...place, key], known),
  }));
  // Once is enough for a file that is full of them.
  const last = told.findLast(({ hint }) => hint === null);
  return told.map(({ name, hint }) => {
    if (hint !== null) return `${name}: no such key; ${hint}`;
    return `${name}: no such key${name === last?.name ? `; known keys here: ${known.join(', ')}` : ''}`;
  });
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing';
  return (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message;
}

function hintOf(path: readonly string[], known: readonly string[]): string | null {
  const place = elsewhere(path.join('.'), known);
  if (place !== undefined) return `that is ${place} here`;
  const instead = path.length === 1 ? nowhere(path[0] ?? '', known) : undefined;
  if (instead !== undefined) return instead;
  const suggestion = nearest(path.at(-1) ?? '', known);
  return suggestion === undefined ? null : `did you mean "${suggestion}"?`;
}

function schemaAt(
  schema: z.core.JSONSchema.BaseSchema,
  path: readonly string[],
): z.core.JSONSchema.BaseSchema | undefined {
  let at: z.core.JSONSchema.BaseSchema | undefined = schema;
  for (const key of path) {
    const below: z.core.JSONSchema._JSONSchema | undefined =
      at?.properties?.[key] ?? at?.additionalProperties ?? (at?.items as z.core.JSONSchema._JSONSchema);
    at = typeof below === 'object' ? below : undefined;
  }
  return at;
}
