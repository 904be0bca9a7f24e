import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { type Environment, expandEnvironment } from './environment.ts';
import { ConfigError, parseConfig } from './parse.ts';

/** Problems that are told of a file that is not YAML: one causes the next, and another file given by mistake has thousands. */
const MOST_PROBLEMS = 3;
/** Aliases one file may resolve: enough for reuse, too few for a "billion laughs". */
const MAX_ALIASES = 100;

/**
 * Reads a YAML file and expands `${NAME}`; an empty file is an empty object.
 * @throws ConfigError when it cannot be read or is not YAML.
 */
export async function readYaml(path: string, env: Environment): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(path, [cause.code === 'ENOENT' ? 'there is no such file' : cause.message]);
  });
  return expandEnvironment(await parseYaml(text, path), env, path);
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
  return parseConfig(schema, await readYaml(path, env), path);
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  // Supergraph SDL is served without any.
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const { errors } = document;
  const problems = errors.slice(0, MOST_PROBLEMS).map(error => {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const reason =
      error.code === 'DUPLICATE_KEY'
        ? `${keyAt(text, error.pos[0])} is there already; put what is below both into one`
        : error.message;
    return `line ${line}, column ${col}: ${reason}`;
  });
  if (errors.length > MOST_PROBLEMS)
    problems.push(`and ${errors.length - MOST_PROBLEMS} more after that; is it the right file?`);
  if (problems.length > 0) throw new ConfigError(path, problems);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (cause) {
    throw new ConfigError(path, [(cause as Error).message]);
  }
}

function keyAt(text: string, position: number): string {
  return /^[^:\s]*/.exec(text.slice(position, position + 100))?.[0] ?? '';
}
