/** Something the user can put right. The message says what, in words for a terminal. */
export class CliError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'CliError';
  }
}

/** What `weir` writes to stderr before it ends with code 1. No stack: it would hide the sentence. */
export function failureText(error: unknown): string {
  return `weir: ${error instanceof Error ? error.message : String(error)}\n`;
}
