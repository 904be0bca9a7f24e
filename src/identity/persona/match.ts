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
      return clients.some(pattern => pattern.name(name) && pattern.version(version));
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

type Glob = (text: string) => boolean;

/**
 * Each part between stars is looked for once, from where the one before it ends: the first place that fits leaves
 * the most room for the others. A regular expression would try all of them, which takes seconds for a pattern
 * with a few stars and a name that is made for it.
 */
function glob(pattern: string): Glob {
  const [start = '', ...others] = pattern.split(/\*+/);
  const end = others.pop();
  if (end === undefined) return text => text === start;
  return text => {
    if (!text.startsWith(start)) return false;
    let from = start.length;
    for (const part of others) {
      const at = text.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return text.length - from >= end.length && text.endsWith(end);
  };
}
