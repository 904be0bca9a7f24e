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
  return new GatewayError('UNAUTHENTICATED', { headers: new Map([['WWW-Authenticate', CHALLENGE]]) });
}

/** There is a credential and it is not accepted. */
export function invalidCredential({ message, cause }: Refusal): GatewayError {
  return new GatewayError('UNAUTHENTICATED', {
    message,
    cause,
    headers: new Map([
      [
        'WWW-Authenticate',
        `${CHALLENGE}, error="invalid_token", error_description="${describable(message)}"`,
      ],
    ]),
  });
}

/** `error_description` is printable ASCII without quote and backslash (RFC 6750, 3). */
function describable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
}
