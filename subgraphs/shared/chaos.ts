import { setTimeout as wait } from 'node:timers/promises';
import { type ChaosPlan, type Fault, toChaosPlan } from './chaos-input.ts';
import { createRandom, type Random } from './random.ts';

/** What happens to one request or one field. */
export interface Disturbance {
  readonly latencyMs: number;
  readonly fault: Fault | null;
  readonly status: number;
  /** Aborted when the chaos is replaced or cleared: what it holds up goes on then. */
  readonly signal: AbortSignal;
}

export interface Chaos {
  readonly coordinates: ReadonlySet<string>;
  /** Replaces whatever was set; null clears. Throws RefusedRequest and changes nothing when it does not fit. */
  set(body: unknown): void;
  /** Null when nothing is set, or its time is over. */
  show(): ChaosPlan | null;
  disturbRequest(): Disturbance | null;
  disturbField(coordinate: string): Disturbance | null;
}

export interface ChaosOptions {
  readonly coordinates: ReadonlySet<string>;
  /** The time in milliseconds; only differences matter. */
  readonly now: () => number;
}

// Nobody may hold a connection of this process for good.
const LONGEST_HANG_MS = 600_000;

/** Breaks a subgraph on demand, the same way each time: which requests are hit comes from a seed. */
export function createChaos({ coordinates, now }: ChaosOptions): Chaos {
  let plan: ChaosPlan | null = null;
  let endsAt = Number.POSITIVE_INFINITY;
  let random: Random = createRandom(1);
  let held = new AbortController();

  function replace(next: ChaosPlan | null): void {
    held.abort();
    held = new AbortController();
    random = createRandom(1);
    plan = next;
    endsAt = next?.durationMs ? now() + next.durationMs : Number.POSITIVE_INFINITY;
  }

  function current(): ChaosPlan | null {
    if (plan && now() >= endsAt) replace(null);
    return plan;
  }

  function disturb(active: ChaosPlan): Disturbance {
    const { latencyMs, status, fault, rate } = active;
    return { latencyMs, status, fault: fault && random() < rate ? fault : null, signal: held.signal };
  }

  return {
    coordinates,
    set: body => replace(body === null ? null : toChaosPlan(body, coordinates)),
    show: current,
    disturbRequest() {
      const active = current();
      return active && active.field === null ? disturb(active) : null;
    },
    disturbField(coordinate) {
      const active = current();
      return active?.field === coordinate ? disturb(active) : null;
    },
  };
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  // Being woken early is the point of the signal, so the rejection it causes means nothing more.
  await wait(durationMs, undefined, { signal, ref: false }).catch(() => undefined);
}

/** Waits out the latency, and a hang until somebody clears it. */
export async function sitThrough({ latencyMs, fault, signal }: Disturbance): Promise<void> {
  if (latencyMs > 0) await pause(latencyMs, signal);
  if (fault === 'hang') await pause(LONGEST_HANG_MS, signal);
}
