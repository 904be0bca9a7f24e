import type { IncomingHttpHeaders } from 'node:http';
import type { SubgraphHeadersConfig } from '../../config/subgraph-headers.ts';
import { Lru } from '../../shared/lru.ts';
import { percentEncode } from './percent-encode.ts';

/** What subgraphs may learn about who is asking. An empty text says as little as null. */
export interface CallerFacts {
  readonly subject: string | null;
  readonly roles: ReadonlySet<string>;
  readonly tenant: string | null;
  /** Null: none to tell. */
  readonly persona: string | null;
}

/** What one subgraph gets besides its GraphQL request. */
export interface ForwardRule {
  /** Whether it is told the caller's facts. */
  readonly identity: boolean;
  readonly headers: SubgraphHeadersConfig;
}

/** The headers that subgraphs get because of who asks, and how. */
export interface Forwarded {
  /** Equal exactly if every subgraph would get equal headers. */
  readonly key: string;
  /** Name, value, name, value …, as undici takes them. */
  headersFor(subgraph: string): readonly string[];
  /** Equal exactly if this subgraph would get equal headers. */
  keyFor(subgraph: string): string;
}

export interface ForwardSource {
  /** Never changed: what follows from them is remembered by their identity. */
  readonly facts: CallerFacts;
  /** As the client sent them. */
  readonly headers: IncomingHttpHeaders;
}

export type Forward = (source: ForwardSource) => Forwarded;

/** A rule, and what of its headers is the same for every request. */
interface CompiledRule {
  readonly identity: boolean;
  readonly forward: readonly string[];
  readonly constant: readonly string[];
}

const NONE: readonly string[] = [];

const MAX_REMEMBERED = 1_000;

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
  for (const [subgraph, rule] of rules) {
    const compiled = compileRule(rule);
    const id = JSON.stringify(compiled);
    const group = known.get(id) ?? groups.push(compiled) - 1;
    known.set(id, group);
    groupOf.set(subgraph, group);
  }
  const tellsIdentity = groups.some(({ identity }) => identity);
  const nothing = forwarded(
    groups.map(({ constant }) => constant),
    groups.map(() => ''),
    groupOf,
  );
  const make: Forward = ({ facts, headers }) => {
    const identity = tellsIdentity ? identityHeaders(facts) : NONE;
    const varying = groups.map(group => varyingHeaders(group, identity, headers));
    if (varying.every(({ length }) => length === 0)) return nothing;
    const all = groups.map(({ constant }, index) => [...(varying[index] ?? NONE), ...constant]);
    const keys = varying.map(names => (names.length === 0 ? '' : JSON.stringify(names)));
    return forwarded(all, keys, groupOf);
  };
  return groups.some(({ forward }) => forward.length > 0) ? make : rememberByFacts(make);
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

function compileRule({ identity, headers: { forward, set } }: ForwardRule): CompiledRule {
  return {
    identity,
    forward: forward.map(name => name.toLowerCase()).sort(),
    constant: Object.entries(set)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat(),
  };
}

/** What is the same for every request needs no place in a key. */
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

function varyingHeaders(
  { identity, forward }: CompiledRule,
  facts: readonly string[],
  headers: IncomingHttpHeaders,
): readonly string[] {
  if (forward.length === 0) return identity ? facts : NONE;
  const lines = identity ? [...facts] : [];
  for (const name of forward) {
    const value = headers[name];
    // A name that every object has, like `constructor`, is neither.
    if (typeof value === 'string') lines.push(name, value);
    else if (Array.isArray(value)) for (const one of value) lines.push(name, one);
  }
  return lines;
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
