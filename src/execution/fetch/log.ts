import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SubgraphFetch } from './subgraph-fetch.ts';

interface LogOptions {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** After a line about a subgraph, the next one: one that is down must not fill the log with every request. */
const QUIET_MS = 1_000;

/** Says in the log why requests to subgraphs fail: clients only learn that they do, metrics only the code. */
export function logFailures(next: SubgraphFetch, { logger, clock }: LogOptions): SubgraphFetch {
  const quietUntil = new Map<string, number>();
  return request => {
    const { subgraph, context } = request;
    const tell = (code: string, reason: string): void => {
      const now = clock.elapsed();
      if (now < (quietUntil.get(subgraph) ?? now)) return;
      quietUntil.set(subgraph, now + QUIET_MS);
      const { requestId } = context;
      logger.warn({ subgraph, code, reason, requestId }, 'a request to a subgraph failed');
    };
    const reply = next(request);
    reply.then(
      ({ status }) => {
        if (status >= 500) tell('SUBGRAPH_UNAVAILABLE', `it answered with status ${status}`);
      },
      (error: unknown) => {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
        if (code === 'REQUEST_CANCELLED') return;
        tell(code, describeFailure(error instanceof GatewayError ? (error.cause ?? error) : error));
      },
    );
    return reply;
  };
}
