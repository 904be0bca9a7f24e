const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOTFOUND: 'the host is not known (ENOTFOUND)',
  EADDRINUSE: 'the port is in use by another process (EADDRINUSE)',
  EACCES: 'this user may not do that (EACCES)',
  EADDRNOTAVAIL: 'this machine has no such address (EADDRNOTAVAIL)',
  ENOENT: 'there is no such file (ENOENT)',
  EISDIR: 'it is a folder (EISDIR)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is of no CA that is trusted here (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is of no CA that is trusted here (UNABLE_TO_GET_ISSUER_CERT_LOCALLY)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of no CA that is trusted here (SELF_SIGNED_CERT_IN_CHAIN)',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by itself, and not trusted here (DEPTH_ZERO_SELF_SIGNED_CERT)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS, or another version (ERR_SSL_WRONG_VERSION_NUMBER)',
};

/** The innermost reason of a failure in one line; `fetch` and Node wrap it in causes and codes. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as NodeJS.ErrnoException;
  if (code !== undefined && PLAIN_WORDS[code] !== undefined) return PLAIN_WORDS[code];
  // The message has addresses and names of C files around what OpenSSL has to say.
  if (/^ERR_SSL_/.test(String(code)) && 'reason' in error)
    return `the TLS handshake failed: ${error.reason} (${code})`;
  // Only `fetch` hides the reason behind an empty phrase.
  return cause instanceof Error && error.message === 'fetch failed' ? describeFailure(cause) : error.message;
}
