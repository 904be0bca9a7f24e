import type { Clock } from '../../../shared/clock.ts';
import { describeFailure } from '../../../shared/describe-failure.ts';
import { RedisError } from '../../../storage/redis-error.ts';
import type { Logger } from '../../../telemetry/logger.ts';

const FIRST_REST_MS = 100;

/** It is well again when nothing has failed for so long: what fails now and then is not told of each time. */
const CALM_MS = 5_000;

interface AvailabilityOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What Redis is asked for: part of the log's lines. */
  readonly what: 'reads' | 'writes' | 'leases';
  /** Failures in a row before it is given a rest. */
  readonly patience: number;
  readonly longestRestMs: number;
}

/**
 * Whether Redis is to be asked at all: after failures in a row it is left alone for a time that grows, as otherwise
 * each request would wait for its whole budget. One line in the log when it begins and when it is over.
 */
export class Availability {
  readonly #options: AvailabilityOptions;
  #failures = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #isTold = false;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
  }

  get isResting(): boolean {
    return this.#options.clock.elapsed() < this.#restUntil;
  }

  succeeded(): void {
    const { clock, logger, what } = this.#options;
    this.#failures = 0;
    if (!this.#isTold || clock.elapsed() - this.#failedAt < CALM_MS) return;
    this.#isTold = false;
    logger.info({ what }, 'the cache uses Redis again');
  }

  failed(error: unknown): void {
    const { clock, logger, what, patience, longestRestMs } = this.#options;
    const now = clock.elapsed();
    this.#failedAt = now;
    // That the connection is lost, and is there again, storage tells.
    const isLost = error instanceof RedisError && error.reason === 'disconnected';
    if (!isLost && !this.#isTold) {
      this.#isTold = true;
      logger.warn(
        { what, reason: describeFailure(error) },
        'the cache goes on without Redis where that fails, and tries again',
      );
    }
    // Work that was begun before the rest.
    if (now < this.#restUntil) return;
    this.#failures++;
    if (this.#failures < patience) return;
    this.#restUntil = now + Math.min(FIRST_REST_MS * 2 ** (this.#failures - patience), longestRestMs);
  }
}
