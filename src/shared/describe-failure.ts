const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOTFOUND: 'the host is not known (ENOTFOUND)',
  EADDRINUSE: 'the port is in use by another process (EADDRINUSE)',
  EACCES: 'this user may not do that (EACCES)',
  EADDRNOTAVAIL: 'this machine has no such address (EADDRNOTAVAIL)',
  ENOENT: 'there is no such file (ENOENT)',
  EISDIR: 'it is a folder (EISDIR)',
};

/** The innermost reason of a failure in one line; `fetch` and Node wrap it in causes and codes. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as NodeJS.ErrnoException;
  if (code !== undefined && PLAIN_WORDS[code] !== undefined) return PLAIN_WORDS[code];
  // Only `fetch` hides the reason behind an empty phrase.
  return cause instanceof Error && error.message === 'fetch failed' ? describeFailure(cause) : error.message;
}
