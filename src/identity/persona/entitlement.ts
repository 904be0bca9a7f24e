import type { Persona } from '../../config/resolve-personas.ts';
import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';

/** Refuses a caller that a persona is not for. @throws GatewayError */
export function checkEntitlement(caller: Caller, { requires }: Persona): void {
  const { authenticated, roles, scopes } = requires;
  const isOpen = !authenticated && roles.length === 0 && scopes.length === 0;
  if (isOpen) return;
  if (caller.kind === 'anonymous') throw new GatewayError('UNAUTHENTICATED');
  const hasRole = roles.length === 0 || roles.some(role => caller.roles.has(role));
  if (hasRole && scopes.every(scope => caller.scopes.has(scope))) return;
  throw new GatewayError('FORBIDDEN', {
    message: 'The caller is not entitled to be served as this persona.',
  });
}
