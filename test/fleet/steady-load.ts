import { setTimeout as sleep } from 'node:timers/promises';
import { startOwnTime } from '../support/own-time.ts';
import type { GatewayProcess } from '../support/start-gateway-process.ts';
import { item, versionIn } from './versioned-fleet.ts';

/** One request and what came of it: when it was sent by `performance`, and how long it took of this process's own time. */
export interface Served {
  readonly by: GatewayProcess;
  readonly id: string;
  readonly sentAt: number;
  readonly tookMs: number;
  readonly status: number;
  readonly cache: string | null;
  readonly version: unknown;
}

export interface SteadyLoad {
  /** All that was asked for so far. */
  readonly served: readonly Served[];
  /** After the last answer. */
  end(): Promise<void>;
}

const PAUSE_MS = 4;

/** Asks each process for each of the items in turn, several at a time, until it is told to end. */
export function startLoad(processes: readonly GatewayProcess[], ids: readonly string[]): SteadyLoad {
  const served: Served[] = [];
  let isOver = false;
  const ask = async (by: GatewayProcess, id: string): Promise<void> => {
    const sentAt = performance.now();
    using time = startOwnTime();
    // A connection that breaks is a failure, too.
    const reply = await by.ask(item(id)).catch(() => null);
    served.push({
      by,
      id,
      sentAt,
      tookMs: time.ms,
      status: reply?.status ?? 0,
      cache: reply?.cache ?? null,
      version: reply?.body.errors === undefined && reply !== null ? versionIn(reply) : 'none',
    });
  };
  const work = async (by: GatewayProcess): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      await ask(by, ids[i % ids.length] as string);
      await sleep(PAUSE_MS);
    }
  };
  const workers = [...processes, ...processes].map(work);
  return {
    served,
    async end() {
      isOver = true;
      await Promise.all(workers);
    },
  };
}
