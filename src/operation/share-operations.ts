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

/** What is in flight of one generation. */
interface Flights<T> {
  readonly generationId: string;
  /** Of callers of whom subgraphs are told nothing: the key of the operation, whose hash is known, says it all. */
  readonly usual: InFlight<T>;
  readonly entitled: InFlight<T>;
}

function flightsOf<T>(generationId: string): Flights<T> {
  return { generationId, usual: new InFlight(), entitled: new InFlight() };
}

function closeAll({ usual, entitled }: Flights<unknown>): void {
  usual.closeAll();
  entitled.closeAll();
}

/**
 * Runs equal queries of equal callers that are in flight at the same time once. Mutations never share, and a
 * query that began before one ended is not joined after it: who has written must not read from before.
 */
export function shareOperations<C extends OperationCall, T>(
  execute: (call: C) => Promise<T>,
  { clock, onShared }: ShareOptions,
): (call: C) => Promise<T> {
  let flights = flightsOf<T>('');
  const turnstile = new Turnstile(ANSWERS_PER_TURN);
  return call => {
    const { operation, generationId, entitlement, isPrivate, deadlineAt, cancel } = call;
    if (operation.definition.operation !== OperationTypeNode.QUERY) {
      return execute(call).finally(() => closeAll(flights));
    }
    if (isPrivate) return execute(call);
    // What is in flight of an older one ends as it is, and is not joined any more.
    if (flights.generationId !== generationId) flights = flightsOf(generationId);
    const isUsual = entitlement === '';
    const inFlight = isUsual ? flights.usual : flights.entitled;
    const key = isUsual ? operation.key : `${operation.key} ${entitlement}`;
    const wish = { key, now: clock.elapsed(), deadlineAt, cancel, tooLate };
    const running = inFlight.join(wish);
    if (running === undefined)
      return inFlight.start(wish, whenAllHaveLeft => execute({ ...call, cancel: whenAllHaveLeft }));
    onShared();
    return inTurn(running, turnstile);
  };
}

async function inTurn<T>(running: Promise<T>, turnstile: Turnstile): Promise<T> {
  const shared = await running;
  await turnstile.pass();
  return shared;
}
