import { sha256 } from '../shared/hash.ts';

/** Who is asking, as far as a verified credential says. Frozen, and shared by all requests that present it. */
export interface Caller {
  /** How it is known. */
  readonly kind: 'anonymous' | 'jwt' | 'introspection' | 'api-key';
  readonly subject: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly permissions: ReadonlySet<string>;
  readonly tenant: string | null;
  readonly tier: string | null;
  /** The application that the credential was given to; not what a client calls itself. */
  readonly client: string | null;
  /** The persona that the credential is for. */
  readonly persona: string | null;
  /** Everything the credential says, verified. Of an API key: its record, under the names of claims. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Equal for two callers exactly if everything is that a policy may look at. */
  readonly key: string;
}

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
