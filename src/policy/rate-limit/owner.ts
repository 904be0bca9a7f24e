import type { IncomingHttpHeaders } from 'node:http';
import type { RateLimitKey } from '../../config/rate-limit-key.ts';
import type { Caller } from '../../http/caller.ts';
import { sha256 } from '../../shared/hash.ts';
import { isRecord } from '../../shared/is-record.ts';

/** What a request says about who makes it. */
export interface OwnerFacts {
  readonly caller: Caller;
  /** Who vouches for what the caller's token says; see `tokenIssuers`. */
  readonly issuer: string | null;
  /** Null where no persona is configured. */
  readonly persona: string | null;
  /** See `clientIp`. */
  readonly ip: string;
  readonly headers: IncomingHttpHeaders;
}

/** Coerced arguments of a field; null where the limit is on none. */
export type FieldArguments = Readonly<Record<string, unknown>> | null;

/** Longer owners are hashed: they are part of keys in Redis. */
const LONGEST_OWNER = 200;

/** JSON of values that a client nests as it likes; deeper ones share a bucket. */
const MAX_DEPTH = 32;

type Part = readonly string[];

/**
 * Whose bucket it is, as one text. Different owners have different texts: each part is a JSON array with its kind,
 * and what is hashed begins with a letter that JSON does not.
 *
 * Who is not known by a subject, API key, client or tenant is known by address, as one bucket for all strangers could be
 * emptied by one of them. What is not there of headers and arguments has a bucket of its own: absent is a value.
 */
export function ownerOf(
  by: readonly RateLimitKey[],
  facts: OwnerFacts,
  fieldArguments: FieldArguments,
): string {
  const owner = writtenOwner(by, facts, fieldArguments);
  return owner.length <= LONGEST_OWNER ? owner : `h${sha256(owner)}`;
}

/** As JSON.stringify does it, which for the one key that most limits have is the dearest part of a request. */
function writtenOwner(
  by: readonly RateLimitKey[],
  facts: OwnerFacts,
  fieldArguments: FieldArguments,
): string {
  const [only] = by;
  if (by.length === 1 && only !== undefined) {
    const [kind, value, ...more] = partOf(only, facts, fieldArguments);
    if (kind !== undefined && value !== undefined && more.length === 0 && PLAIN.test(value))
      return `[["${kind}","${value}"]]`;
  }
  return JSON.stringify(by.map(key => partOf(key, facts, fieldArguments)));
}

/** Nothing that JSON escapes. */
const PLAIN = /^[\w.:@/|-]*$/;

function partOf(key: RateLimitKey, facts: OwnerFacts, fieldArguments: FieldArguments): Part {
  const { caller, persona, ip, headers } = facts;
  switch (key.kind) {
    case 'subject':
      return knownOrAddress('subject', caller.subject, facts);
    case 'api-key':
      return knownOrAddress('api-key', caller.kind === 'api-key' ? caller.subject : null, facts);
    case 'client':
      return knownOrAddress('client', caller.client, facts);
    case 'tenant':
      return knownOrAddress('tenant', caller.tenant, facts);
    case 'ip':
      return ['ip', ip];
    case 'persona':
      return persona === null ? ['persona'] : ['persona', persona];
    case 'header':
      return headerPart(key.name, headers[key.name]);
    case 'arg':
      return argumentPart(key.path, fieldArguments);
  }
}

function knownOrAddress(kind: string, value: string | null, { issuer, ip }: OwnerFacts): Part {
  if (value === null) return ['ip', ip];
  // Equal names of two issuers are not one's: whoever may have tokens of the one would empty buckets of the other.
  return issuer === null ? [kind, value] : [kind, value, issuer];
}

/** Hashed always: a header may be a credential. */
function headerPart(name: string, value: string | readonly string[] | undefined): Part {
  if (value === undefined) return ['header', name];
  return ['header', name, sha256(typeof value === 'string' ? value : value.join(', '))];
}

/** Hashed always: an argument may be an address or a password. Null is as good as absent. */
function argumentPart(path: readonly string[], fieldArguments: FieldArguments): Part {
  let value: unknown = fieldArguments;
  for (const name of path) {
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : null;
  }
  const written = path.join('.');
  if (value === null || value === undefined) return ['arg', written];
  return ['arg', written, sha256(canonical(value, 0))];
}

/** Longer texts are nobody's name, and dear to fold. */
const LONGEST_FOLDED = 1_024;

/**
 * One text for what most services take for one e-mail address or user name: whoever guesses passwords would else
 * have as many buckets of a victim as its name has spellings. That a bucket is shared by too many refuses somebody
 * too early, never too late.
 */
function folded(text: string): string {
  const bare = text.trim();
  return bare.length > LONGEST_FOLDED ? bare : bare.normalize('NFKC').toLowerCase();
}

/** Equal for equal values, whatever the order of keys. */
function canonical(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(folded(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  if (depth === MAX_DEPTH) return '…';
  if (Array.isArray(value)) return `[${value.map(item => canonical(item, depth + 1)).join()}]`;
  const record = value as Readonly<Record<string, unknown>>;
  const parts = Object.keys(record)
    .sort()
    .map(name => `${JSON.stringify(name)}:${canonical(record[name], depth + 1)}`);
  return `{${parts.join()}}`;
}
