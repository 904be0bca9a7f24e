import { canonicalName, objectionToResponse } from '../../config/header-names.ts';
import type { ResponseRule } from '../../config/header-rules.ts';
import { aged, type CacheControl, NO_STORE, parseCacheControl } from '../../shared/cache-control.ts';
import type { ReplyHeaders } from '../fetch/subgraph-fetch.ts';
import { connectionNames } from './connection-names.ts';
import { compileInserted, type InsertedValue } from './inserted-value.ts';
import { compileNameMatch, compileRemoval } from './name-match.ts';

/** What one reply says under one name. */
export type ReplyPart =
  | { readonly kind: 'values'; readonly values: readonly string[]; readonly algorithm: Algorithm }
  /** For an answer in which no reply has a value. */
  | { readonly kind: 'default'; readonly value: string }
  | { readonly kind: 'insert'; readonly valueFor: InsertedValue }
  | { readonly kind: 'cache'; readonly control: CacheControl };

export type Algorithm = 'first' | 'last' | 'append';

/** By name in lower case. */
export type ReplyParts = ReadonlyMap<string, ReplyPart>;

/** The rules of one subgraph, compiled: what of a reply is meant for clients. */
export type ReadReply = (headers: ReplyHeaders) => ReplyParts;

type Step = (draft: Map<string, ReplyPart>, reply: Reply) => void;

export interface Reply {
  readonly headers: ReplyHeaders;
  /** Names that the subgraph has said to belong to its connection. */
  readonly hops: ReadonlySet<string>;
}

type Propagate = NonNullable<ResponseRule['propagate']>;

/** What Node writes into a response without an objection. */
const LEGAL = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Compiles the rules of one subgraph, which are applied one after the other. */
export function compileReadReply(rules: readonly ResponseRule[]): ReadReply {
  const steps = rules.map(compileStep);
  return headers => {
    const draft = new Map<string, ReplyPart>();
    const hops = connectionNames(headers['connection']);
    for (const step of steps) step(draft, { headers, hops });
    return draft;
  };
}

/** Whether a subgraph may hand a client cookies, so that its replies must be for that client alone. */
export function passesCookies(rules: readonly ResponseRule[]): boolean {
  let passes = false;
  for (const { propagate, remove } of rules) {
    if (propagate?.name !== undefined && canonicalName(propagate.name) === 'set-cookie') passes = true;
    if (remove !== undefined && compileRemoval(remove)('set-cookie')) passes = false;
  }
  return passes;
}

function compileStep({ propagate, insert, remove }: ResponseRule): Step {
  if (insert !== undefined) {
    const part: ReplyPart = { kind: 'insert', valueFor: compileInserted(insert) };
    const name = insert.name.toLowerCase();
    return draft => void draft.set(name, part);
  }
  if (remove !== undefined) {
    const isRemoved = compileRemoval(remove);
    return draft => {
      for (const name of draft.keys()) if (isRemoved(name)) draft.delete(name);
    };
  }
  if (propagate?.name === undefined) return patternStep(propagate ?? {});
  return propagate.algorithm === 'most-restrictive-cache-control'
    ? cacheStep(propagate)
    : namedStep(propagate.name.toLowerCase(), propagate);
}

function namedStep(from: string, { as, default: fallback, ...rule }: Propagate): Step {
  const to = as?.toLowerCase() ?? from;
  const algorithm = to === 'set-cookie' ? 'append' : algorithmOf(rule);
  return (draft, reply) => {
    const values = valuesOf(from, reply);
    if (values.length > 0) draft.set(to, { kind: 'values', values, algorithm });
    else if (fallback !== undefined) draft.set(to, { kind: 'default', value: fallback });
  };
}

/** A reply that does not say how long it may be kept may not be kept. */
function cacheStep({ default: fallback }: Propagate): Step {
  const usual = (fallback === undefined ? null : parseCacheControl(fallback)) ?? NO_STORE;
  return (draft, reply) => {
    const control = parseCacheControl(valuesOf('cache-control', reply).join(',')) ?? usual;
    draft.set('cache-control', { kind: 'cache', control: aged(control, ageIn(reply)) });
  };
}

/** Seconds that a reply has been kept on its way here; of what cannot be read, for ever. */
function ageIn(reply: Reply): number {
  const ages = valuesOf('age', reply).map(value =>
    /^\d{1,9}$/.test(value.trim()) ? Number(value) : Infinity,
  );
  return Math.max(0, ...ages);
}

function patternStep(rule: Propagate): Step {
  const isMatch = compileNameMatch(rule.pattern ?? '', objectionToResponse);
  const algorithm = algorithmOf(rule);
  return (draft, reply) => {
    for (const name of Object.keys(reply.headers)) {
      if (!isMatch(name)) continue;
      const values = valuesOf(name, reply);
      if (values.length > 0) draft.set(name, { kind: 'values', values, algorithm });
    }
  };
}

function algorithmOf({ algorithm }: Pick<Propagate, 'algorithm'>): Algorithm {
  return algorithm === 'last' || algorithm === 'append' ? algorithm : 'first';
}

/** None for what every object has under that name, like `constructor`. */
export function valuesOf(name: string, { headers, hops }: Reply): readonly string[] {
  if (hops.has(name)) return [];
  const value = headers[name];
  const values = Array.isArray(value) ? value : [value];
  return values.filter(one => typeof one === 'string' && LEGAL.test(one)) as string[];
}
