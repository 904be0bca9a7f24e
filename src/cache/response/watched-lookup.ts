import type { CacheLookup, ReplySource, Turn, UsedValue } from '../../http/kept-answer.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { HeaderValue } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { AnswerLimits } from './answer-limits.ts';
import { OURS } from './turns.ts';

/** What a reply says of its being kept. */
export interface ReplySaid extends Omit<ReplySource, 'longestMs'> {
  /** Those of `cache-control`, `age` and `vary` that it has. */
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

const READ = ['cache-control', 'age', 'vary'];

/** Different ones of an explanation. */
const MOST_REPLIES = 50;

/** Of an answer that is explained: finds and keeps nothing, but remembers what would have been decided, and by whom. */
export class WatchedLookup implements CacheLookup {
  readonly found = null;
  readonly isStale = false;
  readonly isDue = false;
  readonly lastResort = null;
  readonly limits: AnswerLimits;
  readonly #replies = new Map<string, ReplySaid>();
  readonly #reasons = new Set<string>();

  constructor(declared: CachePolicy | null) {
    this.limits = new AnswerLimits(declared);
  }

  get replies(): readonly ReplySaid[] {
    return [...this.#replies.values()];
  }

  /** Why replies keep the answer from being kept. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  replied(headers: Readonly<Record<string, HeaderValue>>, of: ReplySource): void {
    const { subgraph, status, longestMs } = of;
    const names = status === 200 ? READ.filter(name => headers[name] !== undefined) : [];
    const read = names.map(name => [name, headers[name]] as const);
    const said = { subgraph, status, headers: Object.fromEntries(read) };
    if (this.#replies.size < MOST_REPLIES) this.#replies.set(JSON.stringify(said), said);
    const lines = read.map(([name, value]) => `${name}: ${String(value)}`).join(', ');
    const why = longestMs === 0 ? `cache.subgraphs.${subgraph}.maxAge is 0` : `${subgraph} said ${lines}`;
    this.#note(
      () => this.limits.replied(headers, of),
      status === 200 ? why : `${subgraph} answered with status ${status}`,
    );
  }

  used(value: UsedValue): void {
    this.limits.used(value);
  }

  tagged(extensions: JsonObject): void {
    this.#note(() => this.limits.tagged(extensions), 'a reply has tags that cannot be read');
  }

  keep(): null {
    return null;
  }

  async turn(): Promise<Turn> {
    return OURS;
  }

  refresh(): void {}

  #note(look: () => void, reason: string): void {
    const before = this.limits.policy;
    look();
    if (before !== null && this.limits.policy === null) this.#reasons.add(reason);
  }
}
