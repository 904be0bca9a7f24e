import { readFile } from 'node:fs/promises';
import type { YAMLError } from 'yaml';
import type { z } from 'zod';
import { describeFailure } from '../shared/describe-failure.ts';
import { decodeUtf8 } from '../shared/read-text-file.ts';
import type { ConfigSource } from './config-source.ts';
import { type Environment, expandEnvironment } from './environment.ts';
import { ConfigError, parseConfig, unknownKeys } from './parse.ts';
import { linesIn } from './yaml-lines.ts';

/** Problems that are told of a file that is not YAML: one causes the next, and another file given by mistake has thousands. */
const MOST_PROBLEMS = 3;
/** Aliases one file may resolve: enough for reuse, too few for a "billion laughs". */
const MAX_ALIASES = 100;

/** What a YAML file says, and where. */
export interface YamlFile {
  readonly value: unknown;
  readonly source: ConfigSource;
}

/**
 * Reads a YAML file and expands `${NAME}`; an empty file is an empty object.
 * @param schema whose keys are told beside references that lead nowhere: a file of another gateway is full of both
 * @throws ConfigError when it cannot be read or is not YAML.
 */
export async function readYaml(path: string, env: Environment, schema?: z.ZodType): Promise<YamlFile> {
  const text = await readFile(path)
    .then(decodeUtf8)
    .catch((cause: unknown) => {
      throw new ConfigError(path, [describeFailure(cause)]);
    });
  const { value, source } = await parseYaml(text, path);
  try {
    return { value: expandEnvironment(value, env, source), source };
  } catch (error) {
    if (!(error instanceof ConfigError) || schema === undefined) throw error;
    throw new ConfigError(source, [...error.problems, ...unknownKeys(schema, value)]);
  }
}

/**
 * Reads a YAML file and checks it against a schema.
 * @throws ConfigError when it cannot be read or used.
 */
export async function loadYaml<T extends z.ZodType>(
  schema: T,
  path: string,
  env: Environment,
): Promise<z.output<T>> {
  const { value, source } = await readYaml(path, env, schema);
  return parseConfig(schema, value, source);
}

async function parseYaml(text: string, path: string): Promise<YamlFile> {
  // Supergraph SDL is served without any.
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const { errors } = document;
  const told = isReferenceUnquoted(text, errors) ? 1 : MOST_PROBLEMS;
  const problems = errors.slice(0, told).map(error => {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return `line ${line}, column ${col}: ${reasonOf(error, text)}`;
  });
  if (told === 1) problems[0] += `; between { } or [ ] a reference has to be in quotes, as in "\${NAME}"`;
  else if (errors.length > told)
    problems.push(`and ${errors.length - told} more after that; is it the right file?`);
  if (problems.length > 0) throw new ConfigError(path, problems);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
    return { value, source: { name: path, lineOf: linesIn(document, lineCounter) } };
  } catch (cause) {
    throw new ConfigError(path, [(cause as Error).message]);
  }
}

function reasonOf({ code, message, pos: [position] }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY')
    return `${keyAt(text, position)} is there already; put what is below both into one`;
  if (code === 'MULTIPLE_DOCS')
    return 'a second document begins here, and only one is read; leave out the "---"';
  return message;
}

/** Within `{ }` and `[ ]` the brace of `${NAME}` begins a map, and the parser complains of all that follows. */
function isReferenceUnquoted(text: string, errors: readonly YAMLError[]): boolean {
  const [first] = errors;
  return first !== undefined && /\$$/.test(text.slice(0, first.pos[0])) && text[first.pos[0]] === '{';
}

function keyAt(text: string, position: number): string {
  return /^[^:\s]*/.exec(text.slice(position, position + 100))?.[0] ?? '';
}
