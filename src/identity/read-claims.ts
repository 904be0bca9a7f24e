import type { ClaimsConfig } from '../config/identity.ts';
import type { Caller } from '../http/caller.ts';
import { memberAt } from '../shared/member-at.ts';
import { invalidCredential } from './unauthenticated.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** What a caller is made of, besides how it is known and its claims. */
export type Facts = Omit<Caller, 'kind' | 'claims' | 'key'>;

type Names = ClaimsConfig[keyof ClaimsConfig];

/**
 * Reads the facts of a caller from verified claims, each from the first of its names that is there.
 * @throws GatewayError UNAUTHENTICATED when a claim has a value that no such fact can have: to take it for
 * absent could give more than was meant, as a tenant that is not there restricts nobody.
 */
export function readClaims(claims: Claims, config: ClaimsConfig): Facts {
  return {
    subject: readText(claims, config.subject),
    scopes: readList(claims, config.scopes, text => text.split(' ').filter(scope => scope !== '')),
    roles: readList(claims, config.roles, text => [text]),
    permissions: readList(claims, config.permissions, text => [text]),
    tenant: readText(claims, config.tenant),
    tier: readText(claims, config.tier),
    client: readText(claims, config.client),
    persona: readText(claims, config.persona),
  };
}

/** One value; issuers write ids of users and tenants as numbers, too. */
function readText(claims: Claims, names: Names): string | null {
  const found = first(claims, names);
  if (found === null || found.value === '') return null;
  if (typeof found.value === 'string') return found.value;
  if (Number.isSafeInteger(found.value)) return String(found.value);
  throw unreadable(found.name, 'one text');
}

function readList(claims: Claims, names: Names, split: (text: string) => string[]): ReadonlySet<string> {
  const found = first(claims, names);
  if (found === null || found.value === '') return new Set();
  if (typeof found.value === 'string') return new Set(split(found.value));
  if (Array.isArray(found.value) && found.value.every(item => typeof item === 'string')) {
    return new Set(found.value as string[]);
  }
  throw unreadable(found.name, 'a text or a list of texts');
}

/** The first of the names that has a value; null is none, as some issuers write every claim they know. */
function first(claims: Claims, names: Names): { readonly name: string; readonly value: unknown } | null {
  for (const name of typeof names === 'string' ? [names] : names) {
    const value = memberAt(claims, name);
    if (value !== undefined && value !== null) return { name, value };
  }
  return null;
}

function unreadable(name: string, wanted: string): Error {
  return invalidCredential({ message: `The claim ${name} must be ${wanted}.` });
}
