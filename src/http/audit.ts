import type { GraphQLRequestContext } from '@apollo/server';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RequestContext } from './request-context.ts';
import { outcomeOf } from './request-errors.ts';

/** A name is the client's text, and a log line has room for some of it. */
const MAX_NAME = 100;

/**
 * Writes the audit line of an operation: who, what, and how it ended. Variables are left out, as nobody knows
 * what secrets they hold.
 */
export function auditOperation({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }) {
  return ({ contextValue, operation, operationName, queryHash, response }: Audited): void => {
    const { caller, persona, id, receivedAt, progress } = contextValue;
    const { body } = response;
    const errors = body?.kind === 'single' ? (body.singleResult.errors ?? []) : [];
    logger.info(
      {
        audit: {
          persona: persona.name,
          subject: caller.subject,
          credential: caller.kind,
          tenant: caller.tenant,
          client: caller.client,
          operation: operationName?.slice(0, MAX_NAME) ?? null,
          kind: operation?.operation ?? null,
          document: progress.document?.id ?? queryHash ?? null,
          outcome: outcomeOf(body),
          codes: [...new Set(errors.map(({ extensions }) => extensions?.['code']))],
          removedFields: progress.operation?.denial?.removed.size ?? 0,
          durationMs: Math.round(clock.elapsed() - receivedAt),
        },
        requestId: id,
      },
      'operation',
    );
  };
}

type Audited = Pick<
  GraphQLRequestContext<RequestContext>,
  'contextValue' | 'operation' | 'operationName' | 'queryHash' | 'response'
>;
