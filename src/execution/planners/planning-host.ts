import { Worker } from 'node:worker_threads';
import type { QueryPlan } from '@apollo/query-planner';
import { GatewayError } from '../../errors.ts';
import type { PlanReply, PlanRequest } from './apollo-planning.ts';
import type { PlannableOperation } from './planner.ts';

export interface ThreadOptions {
  readonly supergraphSdl: string;
  /** Longest time the planner may think about one operation, ms. Loading the supergraph does not count. */
  readonly budgetMs: number;
  readonly workerUrl: URL;
}

interface Job {
  readonly operation: PlannableOperation;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: Error) => void;
}

/** Operations that may wait for the thread. More only come when clients make up operations faster than it plans. */
const MAX_WAITING = 256;
/** A planner that fills more than this is stopped before the process is. */
const HEAP_MB = 1_024;

/**
 * One worker thread that plans one operation after the other. It starts with the first operation, keeps no
 * process alive while it idles, and is replaced when an operation takes longer than the budget: the planner
 * cannot be interrupted in any other way.
 */
export class ApolloThread {
  readonly #options: ThreadOptions;
  readonly #waiting: Job[] = [];
  #worker: Worker | null = null;
  #isReady = false;
  #running: Job | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  plan(operation: PlannableOperation): Promise<QueryPlan> {
    if (this.#closed) return Promise.reject(new GatewayError('OVERLOADED'));
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new GatewayError('OVERLOADED'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#stop(new GatewayError('OVERLOADED'), this.#waiting.splice(0));
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running !== null) return;
    const worker = this.#worker ?? this.#start();
    const job = this.#isReady ? this.#waiting.shift() : undefined;
    if (job === undefined) {
      if (this.#waiting.length === 0) worker.unref();
      return;
    }
    worker.ref();
    this.#running = job;
    this.#timer = setTimeout(() => this.#overBudget(), this.#options.budgetMs);
    worker.postMessage({ id: 0, operation: job.operation } satisfies PlanRequest);
  }

  #start(): Worker {
    const { workerUrl, supergraphSdl } = this.#options;
    const worker = new Worker(workerUrl, {
      workerData: supergraphSdl,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker = worker;
    this.#isReady = false;
    worker.on('message', (reply: PlanReply) => {
      if (worker === this.#worker) this.#receive(reply);
    });
    worker.on('error', cause => {
      if (worker !== this.#worker) return;
      const error = new GatewayError('INTERNAL_SERVER_ERROR', {
        message: 'The thread of the portable planner stopped.',
        cause,
      });
      // One that could not even load would not load for those who wait either.
      this.#stop(error, this.#isReady ? [] : this.#waiting.splice(0));
    });
    return worker;
  }

  #receive(reply: PlanReply): void {
    if (reply.kind === 'ready') this.#isReady = true;
    else {
      clearTimeout(this.#timer);
      const job = this.#running;
      this.#running = null;
      if (reply.kind === 'planned') job?.resolve(reply.plan);
      else job?.reject(refused(reply.reason));
    }
    this.#next();
  }

  #overBudget(): void {
    void this.#worker?.terminate();
    this.#stop(
      new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
        message: `Planning the operation took longer than ${this.#options.budgetMs} ms. Send a smaller operation.`,
      }),
      [],
    );
  }

  /** Forgets the worker, fails what it was doing (and `others`), and goes on with the rest in a new one. */
  #stop(error: Error, others: readonly Job[]): void {
    clearTimeout(this.#timer);
    const failed = this.#running;
    this.#running = null;
    this.#worker = null;
    this.#isReady = false;
    for (const job of failed === null ? others : [failed, ...others]) job.reject(error);
    if (this.#waiting.length > 0) this.#next();
  }
}

export function refused(reason: string): GatewayError {
  return new GatewayError('INTERNAL_SERVER_ERROR', {
    message: `The portable planner refused an operation: ${reason}`,
  });
}
