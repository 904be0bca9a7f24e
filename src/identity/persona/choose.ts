import type { IncomingHttpHeaders } from 'node:http';
import type { Persona } from '../../config/resolve-personas.ts';
import { GatewayError } from '../../errors.ts';
import type { Caller } from '../../http/caller.ts';
import { checkEntitlement } from './entitlement.ts';
import { compileMatch } from './match.ts';

/** The persona that a request is served as. @throws GatewayError FORBIDDEN or UNAUTHENTICATED */
export type ChoosePersona = (caller: Caller, headers: IncomingHttpHeaders) => Persona;

/**
 * What a credential says counts before what a client calls itself, and whichever of them led to a persona,
 * its requirements hold: a header opens nothing.
 */
export function createPersonaChooser(personas: readonly Persona[]): ChoosePersona {
  const [only] = personas;
  if (only?.name === null) return () => only;
  const byName = new Map(personas.map(persona => [persona.name, persona]));
  const matchers = personas.map(persona => ({ persona, match: compileMatch(persona) }));
  const byClaims = matchers.filter(({ match }) => match.hasClaims);
  const byClient = matchers.filter(({ match }) => match.hasClients);
  const fallback = personas.find(({ match }) => match.default);

  return (caller, headers) => {
    const persona =
      named(caller, byName) ??
      byClaims.find(({ match }) => match.claims(caller))?.persona ??
      byClient.find(({ match }) => match.client(headers))?.persona ??
      fallback;
    if (persona === undefined) {
      throw new GatewayError('FORBIDDEN', {
        message: 'This gateway serves known clients only: send a credential, or graphql-client-name.',
      });
    }
    checkEntitlement(caller, persona);
    return persona;
  };
}

function named(caller: Caller, byName: ReadonlyMap<string | null, Persona>): Persona | undefined {
  if (caller.persona === null) return undefined;
  const persona = byName.get(caller.persona);
  if (persona !== undefined) return persona;
  throw new GatewayError('FORBIDDEN', {
    message: 'The credential names a persona that this gateway does not have.',
  });
}
