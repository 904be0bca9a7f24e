import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import type { z } from 'zod';
import { identityConfig } from '../../src/config/identity.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { GatewayError } from '../../src/errors.ts';
import {
  createIdentity,
  type Identified,
  type Identity,
  type IdentityOptions,
} from '../../src/identity/identify.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export interface HandClock {
  /** Wall and monotonic time, ms. */
  at: number;
  now(): number;
  elapsed(): number;
}

export interface TestIdentity extends AsyncDisposable {
  readonly identity: Identity;
  readonly clock: HandClock;
  /** Messages of warnings, as they came. */
  readonly warnings: string[];
  bearer(token: string): Promise<Identified>;
  ask(headers: IncomingHttpHeaders, rawHeaders?: readonly string[]): Promise<Identified>;
  /** The value of a metric with these labels; 0 if there is none. */
  count(metric: string, labels: Readonly<Record<string, string>>): Promise<number>;
}

/** Begins in the middle of a day, far from every edge. */
export function handClock(): HandClock {
  const clock: HandClock = { at: 1_800_000_000_000, now: () => clock.at, elapsed: () => clock.at };
  return clock;
}

/** Identity as a gateway would build it from this part of its config. */
export async function testIdentity(
  config: z.input<typeof identityConfig>,
  options: Partial<IdentityOptions> & { readonly clock?: HandClock } = {},
): Promise<TestIdentity> {
  const clock = options.clock ?? handClock();
  const metrics = createMetrics();
  const warnings: string[] = [];
  const ignore = (): void => {};
  const identity = await createIdentity({
    config: parseConfig(identityConfig, config, 'gateway.yaml'),
    metrics,
    logger: { debug: ignore, info: ignore, warn: (_, message) => warnings.push(message), error: ignore },
    fetch,
    folder: '/',
    introspect: null,
    apiKeys: null,
    ...options,
    clock,
  });
  const ask: TestIdentity['ask'] = (headers, rawHeaders = []) => identity.identify({ headers, rawHeaders });
  return {
    identity,
    clock,
    warnings,
    ask,
    bearer: token => ask({ authorization: `Bearer ${token}` }),
    async count(metric, labels) {
      const values = (await metrics.registry.getSingleMetric(metric)?.get())?.values ?? [];
      const found = values.find(({ labels: of }) => Object.entries(labels).every(([k, v]) => of[k] === v));
      return found?.value ?? 0;
    },
    [Symbol.asyncDispose]: () => identity.close(),
  };
}

/** What a client sees of a refusal. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly challenge: string | undefined;
  readonly message: string;
}

/** What `work` was refused with; fails if it was not. */
export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<Refusal> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { code, status, message } = error;
    return { code, status, message, challenge: error.headers.get('www-authenticate') };
  }
  throw new Error('it was not refused');
}

/** A credential is there and not accepted; `about` is part of what the client is told. */
export function invalid(about: string): unknown {
  return {
    code: 'UNAUTHENTICATED',
    status: 401,
    message: expect.stringContaining(about),
    challenge: expect.stringMatching(
      /^Bearer realm="weir", error="invalid_token", error_description="[ !#-[\]-~]+"$/,
    ),
  };
}
