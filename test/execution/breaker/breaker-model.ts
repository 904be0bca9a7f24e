import type { BreakerSettings } from '../../../src/config/breakers.ts';

interface Sample {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

/** What a breaker is by its description, written down without a thought for speed: it keeps every sample. */
export class BreakerModel {
  kind: 'closed' | 'open' | 'half-open' = 'closed';
  since = 0;
  /** While open: bounds of the time at which it is half-open. */
  until: readonly [earliest: number, latest: number] = [0, 0];
  openings = 0;
  probesRunning = 0;
  probesSucceeded = 0;
  readonly #settings: BreakerSettings;
  #samples: Sample[] = [];

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  tally(now: number): { readonly calls: number; readonly failures: number; readonly slow: number } {
    const { window } = this.#settings;
    const bucketMs = window.kind === 'time' ? window.ms / 10 : 1;
    const bucketOf = (at: number): number => Math.floor(at / bucketMs);
    const counted =
      window.kind === 'time'
        ? this.#samples.filter(({ at }) => bucketOf(at) > bucketOf(now) - 10)
        : this.#samples.slice(-window.calls);
    return {
      calls: counted.length,
      failures: counted.filter(({ failed }) => failed).length,
      slow: counted.filter(({ slow }) => slow).length,
    };
  }

  sample(now: number, failed: boolean, tookMs: number): void {
    if (this.kind !== 'closed') return;
    const slow = this.#isSlow(tookMs);
    this.#samples.push({ at: now, failed, slow });
    const { calls, failures, slow: slowCalls } = this.tally(now);
    const { minimumCalls, failureRate, slowCallRate, maxOpenFor } = this.#settings;
    const isTooMuch = failures / calls >= failureRate || slowCalls / calls >= slowCallRate;
    if (!(failed || slow) || calls < minimumCalls || !isTooMuch) return;
    if (now - this.since > maxOpenFor) this.openings = 0;
    this.#open(now);
  }

  /** What somebody gets who asks now. */
  enter(now: number): 'pass' | 'cut' | 'probe' {
    if (this.kind === 'closed') return 'pass';
    if (this.kind === 'open' && now < this.until[0]) return 'cut';
    if (this.kind === 'open') {
      this.kind = 'half-open';
      this.since = now;
      this.probesRunning = 0;
      this.probesSucceeded = 0;
    }
    if (this.probesRunning + this.probesSucceeded >= this.#settings.probes) return 'cut';
    this.probesRunning++;
    return 'probe';
  }

  probeEnded(now: number, outcome: 'success' | 'failure' | 'unknown', tookMs: number): void {
    this.probesRunning--;
    if (outcome === 'unknown') return;
    if (outcome === 'failure' || this.#isSlow(tookMs)) {
      this.#open(now);
      return;
    }
    this.probesSucceeded++;
    if (this.probesSucceeded === this.#settings.probes) this.close(now);
  }

  close(now: number): void {
    if (this.kind === 'closed') return;
    this.kind = 'closed';
    this.since = now;
    this.#samples = [];
  }

  /** Another instance said so. */
  openFor(now: number, forMs: number): void {
    if (this.kind === 'open' && this.until[0] >= now + forMs) return;
    this.kind = 'open';
    this.since = now;
    this.until = [now + forMs, now + forMs];
  }

  #open(now: number): void {
    const { openFor, maxOpenFor } = this.#settings;
    const forMs = Math.min(openFor * 2 ** this.openings, Math.max(openFor, maxOpenFor));
    this.openings++;
    this.kind = 'open';
    this.since = now;
    this.until = [now + forMs, now + forMs * 1.2];
    this.#samples = [];
  }

  #isSlow(tookMs: number): boolean {
    return tookMs > (this.#settings.slowCall ?? Number.POSITIVE_INFINITY);
  }
}
