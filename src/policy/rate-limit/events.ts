import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { AdmitEvents } from './admit.ts';
import type { OutageOptions } from './outage/with-outage-policy.ts';

interface EventParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** What limits have to tell. */
export type RateLimitEvents = AdmitEvents & Pick<OutageOptions, 'onChange'>;

/** A limit that is met is met again and again; the log hears of each so often. */
const LOG_EVERY_MS = 1_000;

/** What operators see of limits. Who was refused is in no line: a bucket's owner may be an address. */
export function rateLimitEvents({ logger, metrics, clock }: EventParts): RateLimitEvents {
  // As many as there are limits.
  const quietUntil = new Map<string, number>();
  return {
    onExceeded({ limit, pruned }) {
      const { id } = limit.plan;
      const effect = limit.shadow ? 'shadow' : pruned === null ? 'reject' : 'prune';
      metrics.rateLimited(id, effect);
      const now = clock.elapsed();
      if (now < (quietUntil.get(id) ?? Number.NEGATIVE_INFINITY)) return;
      quietUntil.set(id, now + LOG_EVERY_MS);
      const message = limit.shadow ? 'a shadow limit would have refused' : 'a rate limit refused';
      logger.info({ limit: id, effect }, message);
    },
    onChange(isOut, reason) {
      metrics.rateLimitOutage(isOut);
      if (isOut) logger.warn({ reason }, 'rate limits follow their outage policy: Redis does not count');
      else logger.info({}, 'rate limits are counted by Redis again');
    },
  };
}
