import type { IncomingHttpHeaders } from 'node:http';
import { canonicalName, objectionToRequest } from '../../config/header-names.ts';
import type { RequestRule } from '../../config/header-rules.ts';
import type { CallerFacts } from './caller-facts.ts';
import { connectionNames } from './connection-names.ts';
import { compileInserted } from './inserted-value.ts';
import { compileNameMatch, compileRemoval } from './name-match.ts';

export interface RequestSource {
  /** Never changed: what follows from them is remembered by their identity. */
  readonly facts: CallerFacts;
  /** As the client sent them. */
  readonly headers: IncomingHttpHeaders;
  /** Where the request comes from, as far as proxies are trusted. */
  readonly clientAddress?: () => string;
}

/** The rules of one subgraph, compiled. */
export interface RequestHeaders {
  /** Whether anything that a client sends is passed on. */
  readonly readsClient: boolean;
  /** Name, value, name, value …, sorted by name. */
  linesFor(source: RequestSource): readonly string[];
}

/** Name in lower case, and values. By canonical name: no two that a server may take for one. */
type Draft = Map<string, readonly [string, readonly string[]]>;

interface Client {
  readonly facts: CallerFacts;
  readonly headers: IncomingHttpHeaders;
  /** Names that the client has said to belong to its connection. */
  readonly hops: ReadonlySet<string>;
}

type Step = (draft: Draft, client: Client) => void;

const NONE: readonly string[] = [];
const NO_NAMES: ReadonlySet<string> = new Set();

/** No line breaks and the like, whoever let them in. */
const LEGAL = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Compiles the rules of one subgraph, which are applied one after the other. */
export function compileRequestHeaders(rules: readonly RequestRule[]): RequestHeaders {
  if (rules.length === 0) return { readsClient: false, linesFor: () => NONE };
  // What the gateway says under a name it says alone: a pattern must not let clients say it instead.
  const inserted = new Set(
    rules.flatMap(({ insert }) => (insert === undefined ? [] : canonicalName(insert.name))),
  );
  const steps = rules.map(rule => compileStep(rule, inserted));
  const readsClient = rules.some(({ propagate }) => propagate !== undefined);
  return {
    readsClient,
    linesFor({ facts, headers }) {
      const hops = readsClient ? connectionNames(headers.connection) : NO_NAMES;
      const draft: Draft = new Map();
      for (const step of steps) step(draft, { facts, headers, hops });
      return linesOf(draft);
    },
  };
}

function compileStep({ propagate, insert, remove }: RequestRule, inserted: ReadonlySet<string>): Step {
  if (insert !== undefined) return insertStep(insert);
  if (remove !== undefined) {
    const isRemoved = compileRemoval(remove);
    return draft => {
      for (const [canonical, [name]] of draft) if (isRemoved(name)) draft.delete(canonical);
    };
  }
  const { name, pattern, as, default: fallback } = propagate ?? {};
  if (name === undefined) return patternStep(pattern ?? '', inserted);
  const from = name.toLowerCase();
  const to = (as ?? name).toLowerCase();
  const canonical = canonicalName(to);
  return (draft, client) => {
    const values = client.hops.has(from) ? NONE : valuesOf(client.headers[from]);
    if (values.length > 0) draft.set(canonical, [to, values]);
    else if (fallback !== undefined) draft.set(canonical, [to, [fallback]]);
  };
}

function insertStep(insert: NonNullable<RequestRule['insert']>): Step {
  const name = insert.name.toLowerCase();
  const canonical = canonicalName(name);
  const valueFor = compileInserted(insert);
  return (draft, { facts }) => {
    const value = valueFor(facts);
    // Where the caller has no such fact, nothing else may stand for it.
    if (value === null) draft.delete(canonical);
    else draft.set(canonical, [name, [value]]);
  };
}

function patternStep(pattern: string, inserted: ReadonlySet<string>): Step {
  const isMatch = compileNameMatch(pattern, objectionToRequest);
  return (draft, { headers, hops }) => {
    for (const name of Object.keys(headers)) {
      if (!isMatch(name) || hops.has(name)) continue;
      const canonical = canonicalName(name);
      const values = inserted.has(canonical) ? NONE : valuesOf(headers[name]);
      if (values.length > 0) draft.set(canonical, [name, values]);
    }
  };
}

/** None for what every object has under that name, like `constructor`. */
function valuesOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter(one => typeof one === 'string' && LEGAL.test(one));
}

function linesOf(draft: Draft): readonly string[] {
  const lines: string[] = [];
  const sorted = [...draft.values()].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, values] of sorted) for (const value of values) lines.push(name, value);
  return lines;
}
