import type { Caller } from '../http/caller.ts';
import { sha256 } from '../shared/hash.ts';

const NOTHING: ReadonlySet<string> = new Set();

export const ANONYMOUS: Caller = Object.freeze({
  kind: 'anonymous',
  subject: null,
  scopes: NOTHING,
  roles: NOTHING,
  permissions: NOTHING,
  tenant: null,
  tier: null,
  client: null,
  persona: null,
  claims: Object.freeze({}),
  key: '',
});

/** Differ from one token to the next of the same caller, and say nothing about what it may do. */
const OF_THE_TOKEN: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'jti', 'auth_time']);

/** @param facts what the credential says, already read from `claims`. */
export function createCaller(facts: Omit<Caller, 'key'>): Caller {
  const { kind, subject, claims } = facts;
  const lasting = Object.entries(claims)
    .filter(([name]) => !OF_THE_TOKEN.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.freeze({ ...facts, key: sha256(JSON.stringify([kind, subject, lasting])) });
}
