import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeFailure } from '../../shared/describe-failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SubgraphFetch, SubgraphReply } from './subgraph-fetch.ts';

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
      const { requestId, traceparent } = context;
      const traceId = traceparent?.split('-', 2)[1];
      logger.warn({ subgraph, code, reason, requestId, traceId }, 'a request to a subgraph failed');
    };
    const reply = next(request);
    reply.then(
      ({ status, headers, body }) => {
        if (status >= 500) return tell('SUBGRAPH_UNAVAILABLE', `it answered with status ${status}`);
        const reason = illFormed({ status, headers, body });
        if (reason !== null) tell('SUBGRAPH_BAD_RESPONSE', reason);
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

const OPENING_BRACE = 0x7b;
const JSON_SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09]);

/** Why a reply cannot be a GraphQL response, as far as its first bytes tell; mostly the URL is another one. */
function illFormed({ status, headers, body }: SubgraphReply): string | null {
  const told = `it answered with status ${status}`;
  if (status >= 300 && status < 400) return `${told}; where that leads is not followed, write that URL`;
  if (body.length === 0) return `${told}, and nothing`;
  let first = 0;
  while (JSON_SPACE.has(body[first])) first++;
  if (body[first] === OPENING_BRACE) return null;
  const type = String(headers['content-type'] ?? 'without a content-type').split(';', 1)[0];
  return `${told}, and no JSON object (${type?.slice(0, 100)}); is its URL that of a GraphQL endpoint?`;
}
