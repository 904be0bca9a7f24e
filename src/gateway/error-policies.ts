import { subgraphConfig } from '../config/execution.ts';
import type { ErrorPolicy } from '../execution/run/record-failures.ts';
import type { GatewayOptions } from './options.ts';

/** After a line about a subgraph, the next one: a field that fails must not fill the log with every request. */
const QUIET_MS = 1_000;
const MAX_MESSAGE = 500;

/** What clients are told of errors of each subgraph. What they are not told is in the log. */
export function createErrorPolicies({
  config,
  logger,
  clock,
}: Pick<GatewayOptions, 'config' | 'logger' | 'clock'>): (subgraph: string) => ErrorPolicy {
  const quietUntil = new Map<string, number>();
  return subgraph => {
    const { errors } = subgraphConfig(config.execution, subgraph);
    return {
      passCodes: new Set(errors.passCodes),
      exposeMessages: errors.exposeMessages,
      onHidden({ message, code, path }) {
        const now = clock.elapsed();
        if (now < (quietUntil.get(subgraph) ?? now)) return;
        quietUntil.set(subgraph, now + QUIET_MS);
        const shown = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
        logger.info(
          { subgraph, code, path, reason: shown },
          'a subgraph reported an error, whose message no client is shown',
        );
      },
    };
  };
}
