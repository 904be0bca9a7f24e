import { GatewayError } from '../errors.ts';

/** Of every challenge; a realm is for people who see a password prompt, so its text says little. */
const CHALLENGE = 'Bearer realm="weir"';

interface Refusal {
  /** For people: what is wrong, and what to do about it. Never a part of the credential. */
  readonly message: string;
  readonly cause?: unknown;
}

/** Marks, as the cause of a refusal, that nobody knows whether the credential is good: who could say is down. */
export class CannotCheck extends Error {
  override readonly name = 'CannotCheck';
}

/** A credential is required and there is none. RFC 6750, 3.1: then the challenge says no error. */
export function missingCredential(): GatewayError {
  return new GatewayError('UNAUTHENTICATED');
}

/** There is a credential and it is not accepted. */
export function invalidCredential({ message, cause }: Refusal): GatewayError {
  const error = `, error="invalid_token", error_description="${describable(message)}"`;
  return new GatewayError('UNAUTHENTICATED', { message, cause, headers: challenge(error) });
}

/** The challenge says no `invalid_token`: the credential may be good, and a client must not throw it away. */
export function uncheckedCredential({ message, cause }: Refusal): GatewayError {
  const reason = cause instanceof CannotCheck ? cause : new CannotCheck(message, { cause });
  return new GatewayError('UNAUTHENTICATED', { message, cause: reason });
}

function challenge(error: string): ReadonlyMap<string, string> {
  return new Map([['www-authenticate', `${CHALLENGE}${error}`]]);
}

/** `error_description` is printable ASCII without quote and backslash (RFC 6750, 3). */
function describable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
}
