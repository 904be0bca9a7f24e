import { pino } from 'pino';

/** Structured lines on stdout. The message says what happened; what varies goes into fields. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // What collects logs knows levels by name; 30 is pino's alone.
    formatters: { level: label => ({ level: label }) },
  });
}

/** Apollo's libraries log bare strings; their news is ours only from warnings on. */
export function forApollo(
  logger: Logger,
): Record<'debug' | 'info' | 'warn' | 'error', (message?: unknown) => void> {
  const line = (write: Logger['warn']) => (message?: unknown) => write({ from: 'apollo' }, String(message));
  return {
    debug: line((fields, message) => logger.debug(fields, message)),
    info: line((fields, message) => logger.debug(fields, message)),
    warn: line((fields, message) => logger.warn(fields, message)),
    error: line((fields, message) => {
      // The pipeline plugin has written this one, with its stack and the request's id.
      if (!message.startsWith('Unexpected error processing request')) logger.error(fields, message);
    }),
  };
}
