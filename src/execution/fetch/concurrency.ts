import type { ConcurrencyConfig } from '../../config/traffic.ts';
import { GatewayError } from '../../errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { cancellationOf, type SubgraphFetch, type SubgraphRequest } from './subgraph-fetch.ts';

interface ConcurrencyOptions {
  /** By subgraph; where there is none, there is no limit. */
  readonly limits: ReadonlyMap<string, ConcurrencyLimit>;
  readonly clock: Clock;
  readonly onShed: (subgraph: string) => void;
}

/** Holds requests to a subgraph back that has as many as it can take; those that would wait too long fail at once. */
export function limitConcurrency(
  next: SubgraphFetch,
  { limits, clock, onShed }: ConcurrencyOptions,
): SubgraphFetch {
  const send = async (request: SubgraphRequest, limit: ConcurrencyLimit) => {
    const startedAt = clock.elapsed();
    let isOk = false;
    try {
      const reply = await next(request);
      isOk = reply.status < 500;
      return reply;
    } catch (error) {
      // Who has gone away says nothing about the subgraph.
      isOk = error instanceof GatewayError && error.code === 'REQUEST_CANCELLED';
      throw error;
    } finally {
      limit.leave(clock.elapsed() - startedAt, isOk);
    }
  };
  return request => {
    const limit = limits.get(request.subgraph);
    if (limit === undefined) return next(request);
    if (limit.enter()) return send(request, limit);
    return limit.waitInQueue(request, clock.elapsed()).then(
      () => send(request, limit),
      (error: unknown) => {
        if (error instanceof GatewayError && error.code === 'OVERLOADED') onShed(request.subgraph);
        throw error;
      },
    );
  };
}

interface Waiter {
  readonly resume: () => void;
  isGone: boolean;
}

/** How many requests one subgraph is sent at once. */
export class ConcurrencyLimit {
  readonly #config: ConcurrencyConfig;
  readonly #adaptive: AdaptiveLimit | null;
  #queue: Waiter[] = [];
  #waiting = 0;
  #inFlight = 0;

  constructor(config: ConcurrencyConfig) {
    this.#config = config;
    this.#adaptive = config.adaptive ? new AdaptiveLimit(config) : null;
  }

  get current(): number {
    return this.#adaptive?.limit ?? this.#config.max;
  }

  /** Whether there is room; if so it is taken. */
  enter(): boolean {
    if (this.#inFlight >= this.current) return false;
    this.#inFlight++;
    return true;
  }

  /** Resolves with room taken. @throws GatewayError OVERLOADED or REQUEST_CANCELLED */
  waitInQueue(request: SubgraphRequest, now: number): Promise<void> {
    const { queue, wait } = this.#config;
    const { subgraph, context } = request;
    const overloaded = () => new GatewayError('OVERLOADED', { message: MESSAGE, extensions: { subgraph } });
    if (this.#waiting >= queue) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      const leaveWith = (error: () => GatewayError) => (): void => {
        clearTimeout(timer);
        if (waiter.isGone) return;
        waiter.isGone = true;
        this.#waiting--;
        reject(error());
      };
      const waiter: Waiter = {
        isGone: false,
        resume() {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(leaveWith(overloaded), Math.min(wait, context.deadlineAt - now));
      cancellationOf(request)?.onCancel(leaveWith(() => new GatewayError('REQUEST_CANCELLED')));
      this.#queue.push(waiter);
      this.#waiting++;
    });
  }

  leave(ms: number, isOk: boolean): void {
    this.#adaptive?.observe({ ms, isOk, inFlight: this.#inFlight });
    this.#inFlight--;
    while (this.#waiting > 0 && this.#inFlight < this.current) this.#resumeNext();
    if (this.#waiting === 0) this.#queue = [];
  }

  #resumeNext(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.isGone) continue;
      next.isGone = true;
      this.#waiting--;
      this.#inFlight++;
      next.resume();
      return;
    }
  }
}

const MESSAGE = 'The subgraph has as many requests as it can take. Try again in a moment.';
