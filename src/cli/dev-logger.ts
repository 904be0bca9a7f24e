import type { Logger, LogLevel } from '../telemetry/logger.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

interface DevLoggerOptions {
  readonly level: LogLevel;
  readonly write: (text: string) => void;
  readonly now: () => Date;
}

/**
 * Log lines for people: time, level, message, then fields as `key=value`. Problems and errors follow as an
 * indented block, as they have lines of their own.
 */
export function createDevLogger({ level, write, now }: DevLoggerOptions): Logger {
  const least = level === 'silent' ? LEVELS.length : LEVELS.indexOf(level);
  const line = (name: (typeof LEVELS)[number]) => (fields: object, message: string) => {
    if (LEVELS.indexOf(name) < least) return;
    const time = now().toTimeString().slice(0, 8);
    write(`${time} ${name.padEnd(5)} ${message}${inline(fields)}\n${block(fields)}`);
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}

function inline(fields: object): string {
  return Object.entries(fields)
    .filter(([key, value]) => key !== 'err' && key !== 'problems' && value !== undefined)
    .map(([key, value]) => `  ${key}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('');
}

/** Subgraphs and clients choose some of the text, which is no command for the terminal nor a line of its own. */
function printable(text: string, except = ''): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character =>
    character === except ? character : `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
}

function block(fields: object): string {
  const { err, problems = [] } = fields as { err?: unknown; problems?: readonly string[] };
  const causes = [...causesOf(err)].map(error => error.message);
  return [...problems, ...causes]
    .map(text => `  - ${printable(text, '\n').replaceAll('\n', '\n    ')}\n`)
    .join('');
}

function* causesOf(error: unknown): Generator<Error> {
  // Bounded, as a cause may lead back to its error.
  for (let depth = 0, told = ''; error instanceof Error && depth < 5; depth++) {
    const { code } = error as NodeJS.ErrnoException;
    // What is in the words of the error above it, with the system's code.
    if (code === undefined || !told.includes(code)) yield error;
    told += error.message;
    error = error.cause;
  }
}
