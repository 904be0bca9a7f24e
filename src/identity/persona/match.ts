import type { IncomingHttpHeaders } from 'node:http';
import type { Persona } from '../../config/resolve-personas.ts';
import type { Caller } from '../../http/caller.ts';

interface PersonaMatch {
  readonly hasClaims: boolean;
  readonly hasClients: boolean;
  claims(caller: Caller): boolean;
  client(headers: IncomingHttpHeaders): boolean;
}

/** Longer names and versions match nothing: no honest client has them. */
const MAX_LENGTH = 200;

/** Turns the patterns of a persona into what a request can be held against. */
export function compileMatch({ match }: Persona): PersonaMatch {
  const claims = Object.entries(match.claims).map(([name, value]) => ({
    name,
    values: new Set<unknown>(typeof value === 'string' ? [value] : value),
  }));
  const clients = match.clients.map(({ name, version }) => ({ name: glob(name), version: glob(version) }));
  return {
    hasClaims: claims.length > 0,
    hasClients: clients.length > 0,
    claims: caller => claims.every(({ name, values }) => claimHas(caller.claims, name, values)),
    client(headers) {
      const name = headerOf(headers, 'graphql-client-name', 'apollographql-client-name');
      if (name === null) return false;
      const version = headerOf(headers, 'graphql-client-version', 'apollographql-client-version') ?? '';
      return clients.some(pattern => pattern.name.test(name) && pattern.version.test(version));
    },
  };
}

/** A claim with a list has every value of the list. */
function claimHas(claims: Caller['claims'], name: string, values: ReadonlySet<unknown>): boolean {
  if (!Object.hasOwn(claims, name)) return false;
  const value = claims[name];
  return Array.isArray(value) ? value.some(item => values.has(item)) : values.has(value);
}

function headerOf(headers: IncomingHttpHeaders, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value.length <= MAX_LENGTH) return value;
  }
  return null;
}

/** Consecutive stars would make matching exponential in their number. */
function glob(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map(text => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
