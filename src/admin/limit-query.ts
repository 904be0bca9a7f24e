import { parseRateLimitKey, type RateLimitKey } from '../config/rate-limit-key.ts';
import type { Caller } from '../http/caller.ts';
import { ANONYMOUS } from '../identity/caller.ts';
import { groupAddress } from '../policy/rate-limit/client-ip.ts';
import type { LimitPlan } from '../policy/rate-limit/limit-plan.ts';
import { type OwnerFacts, ownerOf } from '../policy/rate-limit/owner.ts';
import type { TokenIssuers } from '../policy/rate-limit/token-issuers.ts';
import { isRecord } from '../shared/is-record.ts';
import { nearest } from '../shared/nearest.ts';
import { quoted } from '../shared/quoted.ts';

/** Whose buckets an operator asks for. What is null was not said. */
export interface LimitQuery {
  /** The one limit that is meant; null: all. */
  readonly limit: string | null;
  readonly tier: string | null;
  readonly persona: string | null;
  readonly ip: string | null;
  readonly caller: Caller;
  /** Who vouches for the caller; null too where that makes no difference. */
  readonly issuer: string | null;
  /** Absent: not said. Undefined: a request without the header. */
  readonly headers: ReadonlyMap<string, string | undefined>;
  /** By path, as coerced. */
  readonly arguments: ReadonlyMap<string, unknown>;
}

const PARAMETERS = [
  'subject',
  'issuer',
  'api-key',
  'ip',
  'client',
  'tenant',
  'persona',
  'tier',
  'limit',
] as const;
const FORMS = [...PARAMETERS, 'header.NAME', 'arg.PATH'];
const MOST_PARAMETERS = 32;
const LONGEST_VALUE = 1_000;

type Named = Partial<Record<(typeof PARAMETERS)[number], string>>;

/** What the parameters of a URL say. @throws RangeError that says what is wrong with them. */
export function parseLimitQuery(search: URLSearchParams): LimitQuery {
  const named: Named = {};
  const headers = new Map<string, string | undefined>();
  const fieldArguments = new Map<string, unknown>();
  const seen = new Set<string>();
  for (const [name, value] of search) {
    if (seen.has(name)) throw new RangeError(`${quoted(name)} is there twice`);
    if (seen.add(name).size > MOST_PARAMETERS)
      throw new RangeError(`there are more than ${MOST_PARAMETERS} parameters`);
    if (value.length > LONGEST_VALUE)
      throw new RangeError(`${quoted(name)} is longer than ${LONGEST_VALUE} characters`);
    const known = PARAMETERS.find(parameter => parameter === name);
    if (known !== undefined) named[known] = notEmpty(known, value);
    else if (name.startsWith('header.')) headers.set(...headerOf(name.slice(7), value));
    else if (name.startsWith('arg.')) fieldArguments.set(...argumentOf(name.slice(4), value));
    else throw unknownParameter(name);
  }
  const { limit = null, tier = null, persona = null, issuer = null } = named;
  const ip = named.ip === undefined ? null : addressOf(named.ip);
  return { limit, tier, persona, ip, issuer, caller: callerOf(named), headers, arguments: fieldArguments };
}

/** The bucket's owner, or what has to be said to know it. */
export function ownerIn(
  { by }: LimitPlan,
  query: LimitQuery,
  { isOne }: TokenIssuers,
): { readonly owner: string } | { readonly needs: readonly string[] } {
  const needs = by.filter(key => !isSaid(key, query)).map(parameterOf);
  const { caller, issuer } = query;
  if (!isOne && issuer === null && by.some(({ kind }) => isVouchedFor(kind, caller))) needs.push('issuer');
  if (needs.length > 0) return { needs };
  const facts: OwnerFacts = {
    caller,
    issuer: isOne ? null : issuer,
    persona: query.persona,
    // Where it is null no key looks at it.
    ip: query.ip ?? '',
    headers: Object.fromEntries(query.headers),
  };
  return { owner: ownerOf(by, facts, nested(query.arguments)) };
}

/** Limits of other personas and tiers are not those of this caller, where it is known which it has. */
export function isLimitOf({ personas, tiers }: LimitPlan, { persona, tier }: LimitQuery): boolean {
  const isFor = (names: ReadonlySet<string> | null, name: string | null): boolean =>
    names === null || name === null || names.has(name);
  return isFor(personas, persona) && isFor(tiers, tier);
}

/** As configuration writes it. */
export function keyText(key: RateLimitKey): string {
  if (key.kind === 'header') return `header:${key.name}`;
  return key.kind === 'arg' ? `arg:${key.path.join('.')}` : key.kind;
}

function parameterOf(key: RateLimitKey): string {
  return keyText(key).replace(':', '.');
}

function isSaid(key: RateLimitKey, query: LimitQuery): boolean {
  const { caller, ip, persona } = query;
  switch (key.kind) {
    // Who is not known by one of these is known by address.
    case 'subject':
      return caller.subject !== null || ip !== null;
    case 'api-key':
      return caller.kind === 'api-key' || ip !== null;
    case 'client':
      return caller.client !== null || ip !== null;
    case 'tenant':
      return caller.tenant !== null || ip !== null;
    case 'ip':
      return ip !== null;
    case 'persona':
      return persona !== null;
    case 'header':
      return query.headers.has(key.name);
    case 'arg':
      return query.arguments.has(key.path.join('.'));
  }
}

/** Where the name is there that a token would give; API keys are the operator's own. */
function isVouchedFor(kind: RateLimitKey['kind'], caller: Caller): boolean {
  const isNamed = kind === 'subject' || kind === 'client' || kind === 'tenant';
  return isNamed && caller.kind !== 'api-key' && caller[kind] !== null;
}

function callerOf(named: Named): Caller {
  const { subject, 'api-key': apiKey, issuer } = named;
  if (apiKey !== undefined && issuer !== undefined)
    throw new RangeError('"issuer" is that of tokens; who presents an API key has none');
  if (apiKey !== undefined && subject !== undefined && subject !== apiKey)
    throw new RangeError('"api-key" is the subject of an API key, and "subject" is another one');
  const known = apiKey === undefined ? 'jwt' : 'api-key';
  const name = apiKey ?? subject ?? null;
  return {
    ...ANONYMOUS,
    kind: name === null ? 'anonymous' : known,
    subject: name,
    client: named.client ?? null,
    tenant: named.tenant ?? null,
  };
}

function addressOf(text: string): string {
  // As it is printed, too.
  const address = groupAddress(text.replace(/\/64$/, ''));
  if (address === null) throw new RangeError(`"ip": ${quoted(text)} is no address`);
  return address;
}

function headerOf(name: string, value: string): [string, string | undefined] {
  const key = parseRateLimitKey(`header:${name}`);
  return [key.kind === 'header' ? key.name : name, value === '' ? undefined : value];
}

/** JSON, or any other text as it is: numbers and truth values differ from texts that look like them. */
function argumentOf(path: string, value: string): [string, unknown] {
  parseRateLimitKey(`arg:${path}`);
  try {
    return [path, JSON.parse(value)];
  } catch {
    return [path, value === '' ? null : value];
  }
}

function nested(values: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const root: Record<string, unknown> = Object.create(null);
  for (const [path, value] of values) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at = root;
    for (const name of names) {
      const below = at[name];
      const next = isRecord(below) ? (below as Record<string, unknown>) : Object.create(null);
      at[name] = next;
      at = next;
    }
    at[last] = value;
  }
  return root;
}

function notEmpty(name: string, value: string): string {
  if (value === '') throw new RangeError(`"${name}" is empty`);
  return value;
}

function unknownParameter(name: string): RangeError {
  const suggestion = nearest(name.slice(0, 50), FORMS);
  const hint = suggestion === undefined ? `there are ${FORMS.join(', ')}` : `did you mean "${suggestion}"?`;
  return new RangeError(`${quoted(name)} says nothing about limits; ${hint}`);
}
