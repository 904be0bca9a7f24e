import { z } from 'zod';
import { deepFreeze } from '../shared/deep-freeze.ts';
import { nearest } from '../shared/nearest.ts';
import { CONFIGURATION, type ConfigSource } from './config-source.ts';
import { elsewhere, nowhere } from './elsewhere.ts';
import { reasonOf } from './issue-reason.ts';

/** A config file that cannot be used. The message names file, line, key and what to write instead, one problem a line. */
export class ConfigError extends Error {
  readonly source: string;
  /** Without their lines. */
  readonly problems: readonly string[];

  constructor(source: string | ConfigSource, problems: readonly string[]) {
    const { name, lineOf } = typeof source === 'string' ? { name: source, lineOf: () => null } : source;
    const [only, ...more] = problems.map(problem => placed(problem, lineOf(problem)));
    super(
      more.length === 0
        ? `${name} cannot be used: ${only}`
        : `${name} cannot be used:\n${[only, ...more].map(problem => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.source = name;
    this.problems = problems;
  }
}

function placed(problem: string, line: number | null): string {
  return line === null ? problem : `line ${line}, ${problem}`;
}

/**
 * Of an error of the configuration that was found by whoever does not know its file, as it takes a supergraph to find
 * it: the same, with file and lines. Any other error as it is.
 */
export function toldOf(error: unknown, source: ConfigSource | undefined): unknown {
  if (source === undefined || !(error instanceof ConfigError) || error.source !== CONFIGURATION) return error;
  return new ConfigError(source, error.problems);
}

/**
 * Checks a value against a config schema and freezes the result.
 * @param source for the message; a text is the name of something without lines.
 * @throws ConfigError
 */
export function parseConfig<T extends z.ZodType>(
  schema: T,
  value: unknown,
  source: string | ConfigSource,
): z.output<T> {
  const result = schema.safeParse(value, { error: reasonOf, reportInput: true });
  if (result.success) return deepFreeze(result.data);
  throw new ConfigError(source, describeIssues(result.error.issues, schema));
}

/** Problems of the keys of a value, whatever is wrong with what they say. */
export function unknownKeys(schema: z.ZodType, value: unknown): readonly string[] {
  const { error } = schema.safeParse(value);
  const issues = error?.issues.filter(({ code }) => code === 'unrecognized_keys') ?? [];
  return describeIssues(issues, schema);
}

function describeIssues(issues: readonly z.core.$ZodIssue[], schema: z.ZodType): readonly string[] {
  if (issues.length === 0) return [];
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return issues.flatMap(issue => describeIssue(issue, jsonSchema));
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
  const instead = nowhere(path.join('.'), known);
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
