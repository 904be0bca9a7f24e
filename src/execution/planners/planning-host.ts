import { GatewayError } from '../../errors.ts';
import type { HostPort, HostReply } from './host-port.ts';
import type { PlannableOperation } from './planner.ts';

export interface PlanningHostOptions<Plan> {
  /** For errors: whose host it is. */
  readonly planner: string;
  readonly start: () => HostPort<Plan>;
  /** Longest time the planner may think about one operation, ms. Starting does not count. */
  readonly budgetMs: number;
  /** How long a host that nobody needs is kept, ms. */
  readonly idleMs: number;
}

interface Job<Plan> {
  readonly operation: PlannableOperation;
  readonly resolve: (plan: Plan) => void;
  readonly reject: (error: Error) => void;
  /** Ends the waiting; whoever takes the job out clears it. */
  readonly patience: NodeJS.Timeout;
}

/** Operations that may wait. More only come when clients make up operations faster than they are planned. */
const MAX_WAITING = 256;

/** How long: requests end before. Without it a queue full of slow operations would be worked off for minutes. */
const MAX_WAIT_MS = 30_000;

/**
 * Plans one operation after the other in a thread or process of its own, so that neither a long thought nor a
 * crash is the gateway's. The host starts with the first operation, ends when it idles, and is replaced when
 * an operation takes longer than the budget (a planner cannot be interrupted in any other way) or ends it:
 * only that operation fails.
 */
export class PlanningHost<Plan> {
  readonly #options: PlanningHostOptions<Plan>;
  readonly #waiting: Job<Plan>[] = [];
  #port: HostPort<Plan> | null = null;
  #isReady = false;
  #running: Job<Plan> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PlanningHostOptions<Plan>) {
    this.#options = options;
  }

  plan(operation: PlannableOperation): Promise<Plan> {
    if (this.#closed || this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new GatewayError('OVERLOADED'));
    }
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => this.#abandon(job), MAX_WAIT_MS).unref();
      const job: Job<Plan> = { operation, resolve, reject, patience };
      this.#waiting.push(job);
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const port = this.#port;
    this.#forget(new GatewayError('OVERLOADED'), this.#waiting.splice(0));
    await port?.stop();
  }

  #next(): void {
    if (this.#running !== null) return;
    if (this.#waiting.length === 0) {
      this.#rest();
      return;
    }
    const port = this.#port ?? this.#start();
    port.hold();
    const job = this.#isReady ? this.#waiting.shift() : undefined;
    if (job === undefined) return;
    this.#running = job;
    clearTimeout(job.patience);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#overBudget(), this.#options.budgetMs);
    port.post(job.operation);
  }

  #abandon(job: Job<Plan>): void {
    this.#waiting.splice(this.#waiting.indexOf(job), 1);
    job.reject(new GatewayError('OVERLOADED'));
  }

  #rest(): void {
    const port = this.#port;
    port?.release();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#port = null;
      this.#isReady = false;
      void port?.stop();
    }, this.#options.idleMs).unref();
  }

  #start(): HostPort<Plan> {
    const port = this.#options.start();
    this.#port = port;
    this.#isReady = false;
    port.onReply(reply => {
      if (port === this.#port) this.#receive(reply);
    });
    port.onEnd(cause => {
      if (port !== this.#port) return;
      const message = `The ${this.#options.planner} planner came to an end: ${cause.message}`;
      const error = new GatewayError('INTERNAL_SERVER_ERROR', { message, cause });
      // One that could not even load would not load for those who wait either.
      this.#forget(error, this.#isReady ? [] : this.#waiting.splice(0));
    });
    return port;
  }

  #receive(reply: HostReply<Plan>): void {
    if (reply.kind === 'ready') this.#isReady = true;
    else {
      clearTimeout(this.#timer);
      const job = this.#running;
      this.#running = null;
      if (reply.kind === 'planned') job?.resolve(reply.plan);
      else job?.reject(refused(this.#options.planner, reply.reason));
    }
    this.#next();
  }

  #overBudget(): void {
    const port = this.#port;
    this.#forget(
      new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
        message: `Planning the operation took longer than ${this.#options.budgetMs} ms. Send a smaller operation.`,
      }),
      [],
    );
    void port?.stop();
  }

  /** Lets the host go, fails what it was doing (and `others`), and goes on with the rest in a new one. */
  #forget(error: Error, others: readonly Job<Plan>[]): void {
    clearTimeout(this.#timer);
    const failed = this.#running;
    this.#running = null;
    this.#port = null;
    this.#isReady = false;
    for (const job of failed === null ? others : [failed, ...others]) {
      clearTimeout(job.patience);
      job.reject(error);
    }
    if (this.#waiting.length > 0) this.#next();
  }
}

/** Planners quote the operation, which is the client's; it goes into the log, with its stack a second time. */
const LONGEST_REASON = 1_000;

export function refused(planner: string, reason: string): GatewayError {
  const told = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)} …` : reason;
  return new GatewayError('INTERNAL_SERVER_ERROR', {
    message: `The ${planner} planner refused an operation: ${told}`,
  });
}
