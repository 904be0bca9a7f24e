const CREDENTIAL_DIGITS = 16;

let credentials = 0;

/**
 * One connection's request as bytes.
 * @param {{port: number, body: string, authorization?: string, distinctAuthorization?: boolean}} options
 *   `authorization` goes with each request; with `distinctAuthorization` each call of the result carries a bearer
 *   credential that no other request carries
 * @returns {() => Buffer} the bytes to send next; the buffer is reused, which a closed loop allows
 */
export function requestBytes({ port, body, authorization, distinctAuthorization = false }) {
  const marker = '0'.repeat(CREDENTIAL_DIGITS);
  const credential = distinctAuthorization ? `Bearer ${marker}` : authorization;
  const head = [
    'POST /graphql HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'accept: application/json',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(credential === undefined ? [] : [`authorization: ${credential}`]),
  ].join('\r\n');
  const bytes = Buffer.from(`${head}\r\n\r\n${body}`);
  if (!distinctAuthorization) return () => bytes;

  const at = bytes.indexOf(marker);
  return () => {
    bytes.latin1Write(String(++credentials).padStart(CREDENTIAL_DIGITS, '0'), at, CREDENTIAL_DIGITS);
    return bytes;
  };
}
