import { OperationTypeNode } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { BoundOperation } from '../http/bound-operation.ts';
import type { Cancellation } from '../shared/cancellation.ts';
import type { Clock } from '../shared/clock.ts';
import { InFlight } from '../shared/in-flight.ts';
import { Turnstile } from '../shared/turnstile.ts';

/** An operation to execute, with all that may tell its answer from another's. */
export interface OperationCall {
  readonly operation: BoundOperation;
  readonly generationId: string;
  /** What of the caller subgraphs are told: all that their answers may depend on. */
  readonly entitlement: string;
  /** Its answer is for its caller alone: it may set cookies. */
  readonly isPrivate: boolean;
  /** On the monotonic clock, ms. */
  readonly deadlineAt: number;
  /** When its client has left; mutations go on. */
  readonly cancel?: Cancellation | undefined;
}

interface ShareOptions {
  readonly clock: Clock;
  readonly onShared: () => void;
}

const tooLate = (): Error => new GatewayError('DEADLINE_EXCEEDED');

/** Joined requests that go on in one turn of the event loop: few enough for sockets to be read in between. */
const ANSWERS_PER_TURN = 8;

/**
 * Runs equal queries of equal callers that are in flight at the same time once. Mutations never share, and a
 * query that began before one ended is not joined after it: who has written must not read from before.
 */
export function shareOperations<C extends OperationCall, T>(
  execute: (call: C) => Promise<T>,
  { clock, onShared }: ShareOptions,
): (call: C) => Promise<T> {
  const inFlight = new InFlight<T>();
  const turnstile = new Turnstile(ANSWERS_PER_TURN);
  return async call => {
    const { operation, generationId, entitlement, isPrivate, deadlineAt, cancel } = call;
    if (operation.definition.operation !== OperationTypeNode.QUERY) {
      return execute(call).finally(() => inFlight.closeAll());
    }
    if (isPrivate) return execute(call);
    const key = `${generationId} ${operation.key} ${entitlement}`;
    const wish = { key, now: clock.elapsed(), deadlineAt, cancel, tooLate };
    const running = inFlight.join(wish);
    if (running === undefined)
      return inFlight.start(wish, whenAllHaveLeft => execute({ ...call, cancel: whenAllHaveLeft }));
    onShared();
    const shared = await running;
    await turnstile.pass();
    return shared;
  };
}
