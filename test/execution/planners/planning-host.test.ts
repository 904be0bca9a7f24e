import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GatewayError } from '../../../src/errors.ts';
import type { HostPort, HostReply } from '../../../src/execution/planners/host-port.ts';
import { PlanningHost } from '../../../src/execution/planners/planning-host.ts';
import { plannable } from '../../support/plannable.ts';

/** A host that the test plays itself. */
class ScriptedPort implements HostPort<string> {
  readonly posted: string[] = [];
  stopped = false;
  held = false;
  reply: (reply: HostReply<string>) => void = () => {};
  end: (cause: Error) => void = () => {};

  post({ text }: { text: string }): void {
    this.posted.push(text);
  }
  onReply(listener: (reply: HostReply<string>) => void): void {
    this.reply = listener;
  }
  onEnd(listener: (cause: Error) => void): void {
    this.end = listener;
  }
  hold(): void {
    this.held = true;
  }
  release(): void {
    this.held = false;
  }
  async stop(): Promise<void> {
    this.stopped = true;
  }
}

const ports: ScriptedPort[] = [];

function startHost(): PlanningHost<string> {
  const start = (): ScriptedPort => {
    const port = new ScriptedPort();
    ports.push(port);
    return port;
  };
  return new PlanningHost({ planner: 'scripted', start, budgetMs: 1_000, idleMs: 60_000 });
}

function portAt(index: number): ScriptedPort {
  const port = ports[index];
  if (port === undefined) throw new Error(`no host ${index} was started`);
  return port;
}

beforeEach(() => {
  ports.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('starts with the first operation and plans one at a time', async () => {
  const host = startHost();
  expect(ports).toHaveLength(0);
  const first = host.plan(plannable('{ a }'));
  const second = host.plan(plannable('{ b }'));
  expect(portAt(0).posted).toEqual([]);
  portAt(0).reply({ kind: 'ready' });
  expect(portAt(0).posted).toEqual(['{ a }']);
  portAt(0).reply({ kind: 'planned', plan: 'plan a' });
  expect(portAt(0).posted).toEqual(['{ a }', '{ b }']);
  portAt(0).reply({ kind: 'refused', reason: 'no such field' });
  expect(await first).toBe('plan a');
  await expect(second).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
});

test('a crash fails the operation that caused it, and the next one gets a new host', async () => {
  const host = startHost();
  const fatal = host.plan(plannable('{ fatal }'));
  const innocent = host.plan(plannable('{ innocent }'));
  portAt(0).reply({ kind: 'ready' });
  portAt(0).end(new Error('it exited with SIGABRT'));
  await expect(fatal).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
  portAt(1).reply({ kind: 'ready' });
  expect(portAt(1).posted).toEqual(['{ innocent }']);
  portAt(1).reply({ kind: 'planned', plan: 'plan' });
  expect(await innocent).toBe('plan');
});

test('a host that cannot start fails whoever waits for it, and is tried again for the next', async () => {
  const host = startHost();
  const waiting = host.plan(plannable('{ a }'));
  portAt(0).end(new Error('it exited with 1'));
  await expect(waiting).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
  const next = host.plan(plannable('{ a }'));
  portAt(1).reply({ kind: 'ready' });
  portAt(1).reply({ kind: 'planned', plan: 'plan' });
  expect(await next).toBe('plan');
});

test('an operation over its budget is refused and its host stopped', async () => {
  const host = startHost();
  const slow = host.plan(plannable('{ slow }'));
  const refusal = expect(slow).rejects.toMatchObject({ code: 'DOCUMENT_LIMIT_EXCEEDED' });
  portAt(0).reply({ kind: 'ready' });
  await vi.advanceTimersByTimeAsync(1_000);
  await refusal;
  expect(portAt(0).stopped).toBe(true);
});

test('a host that idles keeps nothing alive, and ends', async () => {
  const host = startHost();
  const plan = host.plan(plannable('{ a }'));
  portAt(0).reply({ kind: 'ready' });
  expect(portAt(0).held).toBe(true);
  portAt(0).reply({ kind: 'planned', plan: 'plan' });
  await plan;
  expect(portAt(0).held).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(portAt(0).stopped).toBe(true);
});

test('more than it can hold is refused as overload', async () => {
  const host = startHost();
  const waiting = Array.from({ length: 256 }, (_, index) => host.plan(plannable(`{ f${index} }`)));
  await expect(host.plan(plannable('{ one more }'))).rejects.toMatchObject({ code: 'OVERLOADED' });
  const refusal: GatewayError = await host.plan(plannable('{ one more }')).catch(error => error);
  expect(refusal.headers.get('retry-after')).toBe('1');
  expect(refusal.toGraphQLError().extensions['http']).toMatchObject({ status: 503 });
  const closed = Promise.allSettled(waiting);
  await host.close();
  expect((await closed).every(({ status }) => status === 'rejected')).toBe(true);
});

test('operations whose callers have long given up are not planned any more, and take no room', async () => {
  const host = startHost();
  const stale = Array.from({ length: 256 }, (_, index) => host.plan(plannable(`{ f${index} }`)));
  const refused = Promise.allSettled(stale);
  await vi.advanceTimersByTimeAsync(30_000);
  const reasons = (await refused).map(result => result.status === 'rejected' && result.reason.code);
  expect(new Set(reasons)).toEqual(new Set(['OVERLOADED']));
  const fresh = host.plan(plannable('{ fresh }'));
  portAt(0).reply({ kind: 'ready' });
  expect(portAt(0).posted).toEqual(['{ fresh }']);
  await vi.advanceTimersByTimeAsync(900);
  portAt(0).reply({ kind: 'planned', plan: 'plan' });
  expect(await fresh).toBe('plan');
});

test('of what a planner quotes of an operation the log gets a part', async () => {
  const host = startHost();
  const plan = host.plan(plannable('{ x }'));
  portAt(0).reply({ kind: 'ready' });
  portAt(0).reply({ kind: 'refused', reason: `cannot read ${'9'.repeat(1_000_000)}` });
  const error = await plan.then(
    () => null,
    (reason: GatewayError) => reason,
  );
  expect(error?.message).toMatch(/cannot read 9/);
  expect(error?.message.length).toBeLessThan(1_100);
});
