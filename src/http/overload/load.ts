import type { OverloadConfig } from '../../config/overload.ts';
import type { Persona } from '../../config/resolve-personas.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { LagMeter } from './lag-meter.ts';
import { compileThresholds, type Threshold } from './thresholds.ts';

export interface LoadOptions {
  readonly config: OverloadConfig;
  readonly personas: readonly Persona[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** From the first request that is refused to {@link CALM_MS} after the last. */
interface Episode {
  readonly beganAt: number;
  lastShedAt: number;
  /** By name of the persona. */
  readonly shed: Map<string, number>;
}

/** Without a request that is refused, until it counts as over: who asks whether we are ready sees no flicker. */
const CALM_MS = 1_000;

/** What the process has to do, and whom it refuses for it. */
export class Load {
  readonly #options: LoadOptions;
  readonly #lag: LagMeter;
  readonly #thresholds: ReadonlyMap<Persona, Threshold>;
  readonly #lowest: Threshold;
  #inFlight = 0;
  #episode: Episode | null = null;

  constructor(options: LoadOptions, lag: LagMeter) {
    this.#options = options;
    this.#lag = lag;
    this.#thresholds = compileThresholds(options.personas, options.config);
    const [first, ...others] = this.#thresholds.values();
    if (first === undefined) throw new TypeError('there is no persona');
    this.#lowest = others.reduce((lowest, next) => (next.lagMs < lowest.lagMs ? next : lowest), first);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests are refused, or were a moment ago. */
  get isShedding(): boolean {
    return this.#episode !== null;
  }

  /** Lets a request in, which must {@link leave} once. @returns whether it did */
  enter(persona: Persona): boolean {
    const threshold = this.#thresholds.get(persona);
    if (threshold === undefined) throw new TypeError('the persona is not one of this gateway');
    if (this.#isAbove(threshold)) {
      this.#shed(persona.name ?? '');
      return false;
    }
    this.#inFlight++;
    return true;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** To be called every now and then: takes a sample, and sees whether it is over. */
  tick(): void {
    const { config, metrics } = this.#options;
    this.#lag.sample();
    const { lagMs } = this.#lag;
    metrics.load(Math.max(this.#inFlight / config.maxRequests, lagMs / config.maxLag), lagMs / 1_000);
    this.#endIfCalm();
  }

  #isAbove({ requests, lagMs }: Threshold): boolean {
    return this.#inFlight >= requests || this.#lag.lagMs >= lagMs;
  }

  #shed(persona: string): void {
    const { clock, logger, metrics } = this.#options;
    metrics.requestShed(persona);
    const now = clock.elapsed();
    if (this.#episode === null) {
      this.#episode = { beganAt: now, lastShedAt: now, shed: new Map() };
      const lagMs = Math.round(this.#lag.lagMs);
      logger.warn({ persona, inFlight: this.#inFlight, lagMs }, 'overloaded: requests are being refused');
    }
    const { shed } = this.#episode;
    this.#episode.lastShedAt = now;
    shed.set(persona, (shed.get(persona) ?? 0) + 1);
  }

  #endIfCalm(): void {
    const { clock, logger } = this.#options;
    if (this.#episode === null) return;
    const { beganAt, lastShedAt, shed } = this.#episode;
    const now = clock.elapsed();
    // The next request of the lowest priority would be refused again.
    if (now - lastShedAt < CALM_MS || this.#isAbove(this.#lowest)) return;
    this.#episode = null;
    logger.info(
      { refused: Object.fromEntries(shed), durationMs: Math.round(now - beganAt) },
      'no longer overloaded: requests of all personas are taken again',
    );
  }
}
