import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { PlannableOperation } from './planner.ts';

/** What a host says: once that it is ready, then one reply to each operation, in order. */
export type HostReply<Plan> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly reason: string };

/** A thread or process that plans one operation after the other, as its owner sees it. */
export interface HostPort<Plan> {
  post(operation: PlannableOperation): void;
  onReply(listener: (reply: HostReply<Plan>) => void): void;
  /** It came to an end that nobody asked for. */
  onEnd(listener: (cause: Error) => void): void;
  /** Whether it keeps the process alive. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

/** A planner that fills more than this is stopped before the gateway is. */
const HEAP_MB = 1_024;

/** A planner that can be interrupted, but shares the process: for those that cannot bring it down. */
export function startThread<Plan>(entry: URL, supergraphSdl: string): HostPort<Plan> {
  const worker = new Worker(entry, {
    workerData: supergraphSdl,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return {
    post: operation => worker.postMessage(operation),
    onReply: listener => void worker.on('message', listener),
    onEnd: listener => void worker.on('error', listener),
    hold: () => worker.ref(),
    release: () => worker.unref(),
    async stop() {
      await worker.terminate();
    },
  };
}

/** A planner that may abort: native code that panics takes its whole process along. */
export function startProcess<Plan>(entry: URL, supergraphSdl: string): HostPort<Plan> {
  const child = fork(entry, {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    // Its last words are a native stack trace, and it needs none of the gateway's secrets.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
  });
  child.send(supergraphSdl);
  let stopped = false;
  return {
    post(operation) {
      if (child.connected) child.send(operation);
    },
    onReply: listener => void child.on('message', message => listener(message as HostReply<Plan>)),
    onEnd(listener) {
      child.on('error', listener);
      child.on('exit', (code, signal) => {
        if (!stopped) listener(new Error(`it exited with ${signal ?? code}`));
      });
    },
    hold() {
      child.ref();
      child.channel?.ref();
    },
    release() {
      child.unref();
      child.channel?.unref();
    },
    async stop() {
      stopped = true;
      child.kill('SIGKILL');
    },
  };
}
