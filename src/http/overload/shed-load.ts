import { GatewayError } from '../../errors.ts';
import type { Serve } from '../graphql-route.ts';
import { problemOf } from '../problem.ts';
import { sendProblem } from '../send-problem.ts';
import { whenEnded } from '../when-ended.ts';
import type { Load } from './load.ts';

/**
 * Refuses requests while there is too much to do: before the operation is looked at, and for as little as that can
 * cost, so nothing is thrown and nothing is logged for one of them.
 */
export function shedLoad(serve: Serve, load: Pick<Load, 'enter' | 'leave'>, retryAfterMs: number): Serve {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  const refusal = new GatewayError('OVERLOADED', { headers: new Map([['retry-after', String(seconds)]]) });
  const problem = problemOf(refusal, Number.POSITIVE_INFINITY);
  return async (reply, visit) => {
    if (!load.enter(visit.audience.persona)) return sendProblem(reply, problem);
    // An answer that is read slowly takes room, and so does a mutation whose client has left: it goes on.
    let holders = 2;
    const letGo = (): void => {
      if (--holders === 0) load.leave();
    };
    whenEnded(reply, letGo);
    try {
      return await serve(reply, visit);
    } finally {
      letGo();
    }
  };
}
