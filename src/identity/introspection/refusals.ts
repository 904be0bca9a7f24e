import { GatewayError } from '../../errors.ts';
import { CannotCheck, missingCredential } from '../unauthenticated.ts';

/** Its challenge says no `invalid_token`: the token may be good, and a client must not throw it away. */
export function cannotBeChecked(cause: unknown): GatewayError {
  return new GatewayError('UNAUTHENTICATED', {
    message: 'The token cannot be checked now, so it is not accepted. Try again in a moment.',
    headers: missingCredential().headers,
    cause: new CannotCheck('the introspection endpoint gave no answer to use', { cause }),
  });
}
