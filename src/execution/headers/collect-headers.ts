import type { ResponseRule } from '../../config/header-rules.ts';
import type { AnswerHeaders, KeptHeaders } from '../../http/answer-headers.ts';
import { type CacheControl, NO_STORE, strictest } from '../../shared/cache-control.ts';
import { NO_HEADERS, type ReplyHeaders, type ReplyListener } from '../fetch/subgraph-fetch.ts';
import type { CallerFacts } from './caller-facts.ts';
import type { InsertedValue } from './inserted-value.ts';
import { hasCookie } from './keep-headers.ts';
import { compileReadReply, passesCookies, type ReadReply, type ReplyPart } from './response-headers.ts';

/** What the replies to one execution come to: the same for all who share it. */
export interface CollectedHeaders {
  /** Of what is inserted, each caller's own. */
  for(facts: CallerFacts): AnswerHeaders;
  /** To be kept with the answer; null: the answer is not to be. */
  keepable(): KeptHeaders | null;
}

export interface HeaderCollector extends Required<Pick<ReplyListener, 'recalled'>> {
  replied(subgraph: string, headers: ReplyHeaders): void;
  collected(): CollectedHeaders;
}

/** The rules for responses of a generation, compiled. */
export interface Responding {
  /** Subgraphs whose cookies reach clients: their replies are for one caller each. */
  readonly cookieSubgraphs: ReadonlySet<string>;
  /** For one execution. */
  collect(): HeaderCollector;
  /** What {@link CollectedHeaders.keepable} has given. */
  restore(kept: KeptHeaders): CollectedHeaders;
}

/** Characters of names and values that one answer may have from subgraphs; Node and most proxies read no more. */
const MAX_CHARACTERS = 16 * 1024;

/** Null where no rule passes anything on. */
export function compileResponding(rules: ReadonlyMap<string, readonly ResponseRule[]>): Responding | null {
  const withRules = [...rules].filter(([, ofSubgraph]) => ofSubgraph.length > 0);
  if (withRules.length === 0) return null;
  const readers = new Map(withRules.map(([name, ofSubgraph]) => [name, compileReadReply(ofSubgraph)]));
  const withCookies = withRules.filter(([, ofSubgraph]) => passesCookies(ofSubgraph));
  return {
    cookieSubgraphs: new Set(withCookies.map(([name]) => name)),
    collect: () => new Collector(readers),
    restore: kept => new Collector(readers, kept),
  };
}

class Collector implements HeaderCollector, CollectedHeaders {
  readonly #readers: ReadonlyMap<string, ReadReply>;
  readonly #values = new Map<string, readonly string[]>();
  readonly #defaults = new Map<string, string>();
  readonly #inserted = new Map<string, InsertedValue>();
  /** In the order of what they inserted last: of two that insert the same it is the last one's that counts. */
  readonly #inserting = new Set<string>();
  /** Of all replies to which a rule applies. */
  #cacheControl: CacheControl | null = null;
  /** Whether a reply came that no rule asks how long it may be kept. */
  #isSilent = false;
  #appended = 0;
  #isOver = false;

  constructor(readers: ReadonlyMap<string, ReadReply>, kept: KeptHeaders | null = null) {
    this.#readers = readers;
    if (kept === null) return;
    for (const subgraph of kept.subgraphs)
      for (const [name, part] of readers.get(subgraph)?.(NO_HEADERS) ?? [])
        if (part.kind === 'insert') this.#insert(subgraph, name, part.valueFor);
    for (const [name, values] of kept.values) this.#values.set(name, values);
    for (const [name, value] of kept.defaults) this.#defaults.set(name, value);
    this.#cacheControl = kept.cacheControl;
  }

  replied(subgraph: string, headers: ReplyHeaders): void {
    // The answer is made, and may be another's too: it does not change any more.
    if (this.#isOver) return;
    const parts = this.#readers.get(subgraph)?.(headers);
    if (parts?.get('cache-control')?.kind !== 'cache') this.#isSilent = true;
    for (const [name, part] of parts ?? []) this.#add(subgraph, name, part);
  }

  recalled(subgraph: string, headers: ReplyHeaders, ageMs: number): void {
    // It was kept without one, whatever is there now.
    const { 'set-cookie': _, age = '0', ...rest } = headers;
    this.replied(subgraph, { ...rest, age: String(Number(age) + Math.ceil(ageMs / 1_000)) });
  }

  collected(): CollectedHeaders {
    this.#isOver = true;
    return this;
  }

  for(facts: CallerFacts): AnswerHeaders {
    const lines: [string, string][] = [];
    let left = MAX_CHARACTERS;
    const add = (name: string, value: string): void => {
      const size = name.length + value.length;
      if (size > left) return;
      left -= size;
      lines.push([name, value]);
    };
    for (const cookie of this.#values.get('set-cookie') ?? []) add('set-cookie', cookie);
    for (const [name, valueFor] of this.#inserted) {
      const value = valueFor(facts);
      if (value !== null) add(name, value);
    }
    for (const [name, values] of this.#values)
      if (name !== 'set-cookie' && !this.#inserted.has(name)) add(name, values.join(', '));
    for (const [name, value] of this.#defaults)
      if (!this.#values.has(name) && !this.#inserted.has(name)) add(name, value);
    return { lines, cacheControl: this.#merged() };
  }

  keepable(): KeptHeaders | null {
    const kept: KeptHeaders = {
      subgraphs: [...this.#inserting],
      values: [...this.#values],
      defaults: [...this.#defaults],
      cacheControl: this.#merged(),
    };
    if ([this.#values, this.#defaults, this.#inserted].some(hasCookie)) return null;
    return JSON.stringify(kept).length > MAX_CHARACTERS ? null : kept;
  }

  #merged(): CacheControl | null {
    return this.#cacheControl === null || !this.#isSilent ? this.#cacheControl : NO_STORE;
  }

  #insert(subgraph: string, name: string, valueFor: InsertedValue): void {
    this.#inserting.delete(subgraph);
    this.#inserting.add(subgraph);
    this.#inserted.set(name, valueFor);
  }

  #add(subgraph: string, name: string, part: ReplyPart): void {
    if (part.kind === 'insert') this.#insert(subgraph, name, part.valueFor);
    else if (part.kind === 'cache')
      this.#cacheControl =
        this.#cacheControl === null ? part.control : strictest(this.#cacheControl, part.control);
    else if (part.kind === 'default') {
      if (!this.#defaults.has(name)) this.#defaults.set(name, part.value);
    } else this.#addValues(name, part);
  }

  #addValues(name: string, { values, algorithm }: Extract<ReplyPart, { kind: 'values' }>): void {
    const known = this.#values.get(name);
    if (known === undefined || algorithm === 'last') this.#values.set(name, values);
    else if (algorithm === 'append' && this.#appended < MAX_CHARACTERS) {
      this.#appended += values.reduce((sum, value) => sum + value.length + 1, 0);
      this.#values.set(name, [...known, ...values]);
    }
  }
}
