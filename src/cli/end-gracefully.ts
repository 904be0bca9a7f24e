import { setTimeout as wait } from 'node:timers/promises';
import type { ServerConfig } from '../config/server.ts';
import type { Gateway } from '../gateway.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often connections that have become idle are closed while the rest is drained. */
const SWEEP_MS = 50;

/**
 * Ends a gateway so that no request is lost: readiness turns to 503, requests are taken until load balancers
 * have noticed, then the listener closes and requests in flight finish, within `shutdown.drain`.
 */
export async function endGracefully(
  gateway: Gateway,
  { grace, drain }: ServerConfig['shutdown'],
  logger: Logger,
): Promise<void> {
  gateway.beginShutdown();
  await wait(grace);
  const { server } = gateway.app;
  const timeout = new AbortController();
  // A client that got its answer before the end was announced would hold its connection for a minute.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const closing = gateway.close().then(() => 'drained' as const);
  const late = wait(drain, 'late' as const, { signal: timeout.signal });
  late.catch(() => {});
  const outcome = await Promise.race([closing, late]);
  timeout.abort();
  clearInterval(sweep);
  if (outcome === 'drained') return;
  logger.warn({ drainMs: drain }, 'requests were still in flight at the end; they are cut off');
  server.closeAllConnections();
}

/** Exit codes by signal, as shells count them; for an end that was forced. */
const FORCED_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C under `npm start` arrives twice: from the terminal, and handed on by npm. */
const ECHO_MS = 500;

/** What each signal means; `clock` says when it came. */
export function signalReader(clock: Clock): () => 'end' | 'echo' | 'endNow' {
  let firstAt: number | null = null;
  return () => {
    if (firstAt !== null) return clock.elapsed() - firstAt < ECHO_MS ? 'echo' : 'endNow';
    firstAt = clock.elapsed();
    return 'end';
  };
}

/** Ends the process on the first signal, with code 0 once `end` is done, and at once on the second. */
export function onTermination(end: () => Promise<void>, clock: Clock): void {
  const read = signalReader(clock);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const meaning = read();
      if (meaning === 'endNow') process.exit(FORCED_EXIT[signal]);
      if (meaning === 'echo') return;
      end().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
