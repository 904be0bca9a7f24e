import { isJsonObject, type Json } from '../../shared/json.ts';
import { randomId } from '../../shared/random-id.ts';
import type { Breaker, BreakerState } from './breaker.ts';

/** What instances tell each other by. */
export interface NewsChannel {
  /** May fail: nobody waits for it. */
  publish(message: string): Promise<void>;
  /** @returns what ends it */
  subscribe(onMessage: (message: string) => void): () => void;
}

interface NewsOptions {
  readonly channel: NewsChannel;
  readonly breakerOf: (subgraph: string, coordinate: string) => Breaker | null;
  /** Monotonic, ms. */
  readonly elapsed: () => number;
}

/** A breaker that another instance tells of stays open no longer than it would by itself, whatever the message says. */
const LONGEST_FACTOR = 1.2;

/**
 * One instance's evidence spares the others: a breaker that opens here opens there, for as long, and one whose probes
 * did well closes there too. Each instance goes on deciding by what it sees itself; a message that is lost changes
 * nothing but that.
 */
export class BreakerNews {
  readonly #options: NewsOptions;
  readonly #own = randomId();
  readonly #stop: () => void;
  /** What is heard is not told again. */
  #isHearing = false;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#stop = options.channel.subscribe(message => this.#hear(message));
  }

  tell({ subgraph, coordinate }: Breaker, state: BreakerState): void {
    if (this.#isHearing || state.kind === 'half-open') return;
    const forMs = state.kind === 'open' ? state.until - state.since : 0;
    const message = { from: this.#own, subgraph, coordinate, to: state.kind, forMs };
    this.#options.channel.publish(JSON.stringify(message)).catch(() => {});
  }

  close(): void {
    this.#stop();
  }

  #hear(message: string): void {
    const news = parseNews(message);
    if (news === null || news.from === this.#own) return;
    const breaker = this.#options.breakerOf(news.subgraph, news.coordinate);
    if (breaker === null) return;
    const now = this.#options.elapsed();
    const { openFor, maxOpenFor } = breaker.settings;
    this.#isHearing = true;
    try {
      if (news.to === 'closed') breaker.close(now);
      else breaker.openFor(now, Math.min(news.forMs, Math.max(openFor, maxOpenFor) * LONGEST_FACTOR));
    } finally {
      this.#isHearing = false;
    }
  }
}

interface News {
  readonly from: string;
  readonly subgraph: string;
  readonly coordinate: string;
  readonly to: 'open' | 'closed';
  readonly forMs: number;
}

/** Null for what no instance of this version says. */
function parseNews(message: string): News | null {
  let news: Json;
  try {
    news = JSON.parse(message) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(news)) return null;
  const { from, subgraph, coordinate, to, forMs } = news;
  if (typeof from !== 'string' || typeof subgraph !== 'string' || typeof coordinate !== 'string') return null;
  if (typeof forMs !== 'number' || !(forMs >= 0) || (to !== 'open' && to !== 'closed')) return null;
  return { from, subgraph, coordinate, to, forMs };
}
