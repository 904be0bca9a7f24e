import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';

/** The refusal of a whole operation: whoever has no credential may get somewhere with one. */
export function refuseOperation(caller: Caller, paths: readonly (readonly string[])[]): GatewayError {
  const fields = paths.map(path => path.join('.')).join(', ');
  const extensions = { unauthorizedPaths: paths };
  if (caller.kind !== 'anonymous') {
    return new GatewayError('FORBIDDEN', { message: `The caller may not see ${fields}.`, extensions });
  }
  return new GatewayError('UNAUTHENTICATED', {
    message: `A credential is required to see ${fields}.`,
    extensions,
  });
}
