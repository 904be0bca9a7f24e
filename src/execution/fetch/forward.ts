import type { HeaderRules } from '../../config/header-rules.ts';
import { Lru } from '../../shared/lru.ts';
import type { CallerFacts } from '../headers/caller-facts.ts';
import {
  compileRequestHeaders,
  type RequestHeaders,
  type RequestSource,
} from '../headers/request-headers.ts';
import { percentEncode } from './percent-encode.ts';

/** What one subgraph gets besides its GraphQL request. */
export interface ForwardRule {
  /** Whether it is told the caller's facts. */
  readonly identity: boolean;
  readonly headers: Pick<HeaderRules, 'request'>;
}

/** The headers that subgraphs get because of who asks, and how. */
export interface Forwarded {
  /** Equal exactly if every subgraph would get equal headers, in the same variant. */
  readonly key: string;
  /** Name, value, name, value …, as undici takes them. */
  headersFor(subgraph: string): readonly string[];
  /** Equal exactly if this subgraph would get equal headers, in the same variant. */
  keyFor(subgraph: string): string;
  /** Which variant of a subgraph the request gets; null: the subgraph itself. Absent: nothing has variants. */
  variantFor?(subgraph: string): string | null;
}

export type Forward = (source: RequestSource) => Forwarded;

interface CompiledRule {
  readonly identity: boolean;
  readonly headers: RequestHeaders;
  /** What it comes to for a request that says nothing. */
  readonly usual: readonly string[];
}

const NONE: readonly string[] = [];

const MAX_REMEMBERED = 1_000;

/** What subgraphs are told where nobody asks. */
export const NOBODY: CallerFacts = Object.freeze({
  subject: null,
  roles: new Set<string>(),
  tenant: null,
  persona: null,
  claims: Object.freeze({}),
});

/** No headers at all. */
export const NOTHING_FORWARDED: Forwarded = Object.freeze({
  key: '',
  headersFor: () => NONE,
  keyFor: () => '',
});

/**
 * Compiles the rules by subgraph; done once a generation. Nothing of a client's headers passes but what a rule
 * names, so a client cannot say who it is by the headers that subgraphs trust.
 */
export function compileForwarding(rules: ReadonlyMap<string, ForwardRule>): Forward {
  const groups: CompiledRule[] = [];
  const groupOf = new Map<string, number>();
  const known = new Map<string, number>();
  for (const [subgraph, { identity, headers }] of rules) {
    const id = JSON.stringify([identity, headers.request]);
    const group = known.get(id) ?? groups.push(compileRule(identity, headers.request)) - 1;
    known.set(id, group);
    groupOf.set(subgraph, group);
  }
  const tellsIdentity = groups.some(({ identity }) => identity);
  const nothing = forwarded(
    groups.map(({ usual }) => usual),
    groups.map(() => ''),
    groupOf,
  );
  const make: Forward = source => {
    const facts = tellsIdentity ? identityHeaders(source.facts) : NONE;
    const all = groups.map(({ identity, headers, usual }) => {
      const own = headers.linesFor(source);
      const lines = identity && facts.length > 0 ? [...facts, ...own] : own;
      return areEqual(lines, usual) ? usual : lines;
    });
    if (all.every((lines, index) => lines === groups[index]?.usual)) return nothing;
    // What is as usual needs no place in a key; no other lines come to an empty text.
    const keys = all.map((lines, index) => (lines === groups[index]?.usual ? '' : JSON.stringify(lines)));
    return forwarded(all, keys, groupOf);
  };
  return groups.some(({ headers }) => headers.readsClient) ? make : rememberByFacts(make);
}

/** Where nothing of a request's own headers is passed on, who asks decides alone. */
function rememberByFacts(make: Forward): Forward {
  const known = new Lru<CallerFacts, Forwarded>(MAX_REMEMBERED);
  return source => {
    const found = known.get(source.facts);
    if (found !== undefined) return found;
    const made = make(source);
    known.set(source.facts, made);
    return made;
  };
}

function compileRule(identity: boolean, rules: HeaderRules['request']): CompiledRule {
  const headers = compileRequestHeaders(rules);
  return { identity, headers, usual: headers.linesFor({ facts: NOBODY, headers: {} }) };
}

function areEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

function forwarded(
  headers: readonly (readonly string[])[],
  keys: readonly string[],
  groupOf: ReadonlyMap<string, number>,
): Forwarded {
  return Object.freeze({
    key: keys.every(key => key === '') ? '' : keys.join(' '),
    headersFor: (subgraph: string) => headers[groupOf.get(subgraph) ?? -1] ?? NONE,
    keyFor: (subgraph: string) => keys[groupOf.get(subgraph) ?? -1] ?? '',
  });
}

function identityHeaders({ subject, roles, tenant, persona }: CallerFacts): readonly string[] {
  if (!subject && roles.size === 0 && !tenant && !persona) return NONE;
  const lines: string[] = [];
  if (subject) lines.push('x-user-id', percentEncode(subject));
  if (roles.size > 0) {
    const encoded = [...roles].filter(role => role !== '').map(percentEncode);
    if (encoded.length > 0) lines.push('x-user-roles', encoded.sort().join(','));
  }
  if (tenant) lines.push('x-tenant-id', percentEncode(tenant));
  if (persona) lines.push('x-persona', percentEncode(persona));
  return lines;
}
