import type { CallerFacts } from '../execution/headers/caller-facts.ts';
import type { Caller } from '../http/caller.ts';
import { Lru } from '../shared/lru.ts';

const MAX_REMEMBERED = 1_000;

/** What subgraphs may learn of a caller. One object for requests with one token, so that what follows from it is remembered. */
export type FactsOf = (caller: Caller, persona: string | null) => CallerFacts;

export function rememberFacts(): FactsOf {
  // By persona, as whoever sends no credential is one and the same caller in all of them.
  const personas = new Map<string | null, Lru<Caller, CallerFacts>>();
  return (caller, persona) => {
    const known = personas.get(persona) ?? new Lru<Caller, CallerFacts>(MAX_REMEMBERED);
    const found = known.get(caller);
    if (found !== undefined) return found;
    const { subject, roles, tenant, claims } = caller;
    const facts = Object.freeze({ subject, roles, tenant, persona, claims });
    personas.set(persona, known);
    known.set(caller, facts);
    return facts;
  };
}

const owners = new WeakMap<Caller, string>();

/** Tells a caller from every other, whoever vouches for them; null for who is nobody in particular. */
export function ownerOf(caller: Caller): string | null {
  const { kind, subject, tenant, claims } = caller;
  if (subject === null) return null;
  const known = owners.get(caller) ?? JSON.stringify([kind, claims['iss'] ?? null, tenant, subject]);
  owners.set(caller, known);
  return known;
}
