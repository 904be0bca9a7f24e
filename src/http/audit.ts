import type { GraphQLRequestContext } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BoundOperation } from './bound-operation.ts';
import { HttpProblem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { outcomeOf } from './request-errors.ts';

interface AuditOptions {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A name is the client's text, and a log line has room for some of it. */
const MAX_NAME = 100;

/**
 * Writes the audit line of an operation: who, what, and how it ended. Variables are left out, as nobody knows
 * what secrets they hold.
 */
export function auditOperation(options: AuditOptions) {
  return ({ contextValue, operation, operationName, queryHash, response }: Audited): void => {
    if (contextValue.progress.isAudited) return;
    contextValue.progress.isAudited = true;
    const { body } = response;
    const errors = body?.kind === 'single' ? (body.singleResult.errors ?? []) : [];
    const { document, operation: bound } = contextValue.progress;
    write(contextValue, options, {
      operation: operationName?.slice(0, MAX_NAME) ?? null,
      kind: operation?.operation ?? null,
      document: document?.id ?? queryHash ?? null,
      outcome: body === undefined ? 'error' : outcomeOf(body),
      codes: [...new Set(errors.flatMap(({ extensions }) => extensions?.['code'] ?? []))],
      removedFields: bound?.denial?.removed.size ?? 0,
    });
  };
}

/** The same for one that was answered in full without Apollo Server. */
export function auditAnswered(options: AuditOptions) {
  return (context: RequestContext, { definition, documentHash }: BoundOperation): void => {
    const { progress } = context;
    progress.isAudited = true;
    write(context, options, {
      operation: definition.name?.value.slice(0, MAX_NAME) ?? null,
      kind: definition.operation,
      document: progress.document?.id ?? documentHash,
      outcome: 'ok',
      codes: [],
      removedFields: progress.operation?.denial?.removed.size ?? 0,
    });
  };
}

/** Does what comes before there is an operation; a request that is refused there has a line as well. */
export type AuditRefusals = <T>(context: RequestContext, prepare: () => T) => T;

export function auditRefusals(options: AuditOptions): AuditRefusals {
  return (context, prepare) => {
    try {
      return prepare();
    } catch (error) {
      if (context.persona.audit) write(context, options, { ...NO_OPERATION, codes: codesOf(error) });
      throw error;
    }
  };
}

const NO_OPERATION = { operation: null, kind: null, document: null, outcome: 'error', removedFields: 0 };

function codesOf(error: unknown): readonly unknown[] {
  if (error instanceof HttpProblem) return [error.code];
  return error instanceof GraphQLError ? [error.extensions['code']] : [];
}

function write(
  { caller, persona, id, trace, receivedAt }: RequestContext,
  { logger, clock }: AuditOptions,
  facts: Readonly<Record<string, unknown>>,
): void {
  const { subject, kind, tenant, client } = caller;
  const who = { persona: persona.name, subject, credential: kind, tenant, client };
  const durationMs = Math.round(clock.elapsed() - receivedAt);
  logger.info(
    { audit: { ...who, ...facts, durationMs }, requestId: id, traceId: trace.traceId },
    'operation',
  );
}

type Audited = Pick<
  GraphQLRequestContext<RequestContext>,
  'contextValue' | 'operation' | 'operationName' | 'queryHash' | 'response'
>;
