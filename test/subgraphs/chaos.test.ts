import { describe, expect, it, vi } from 'vitest';
import type { ChaosInput } from '../../subgraphs/shared/chaos-input.ts';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { PATIENCE } from '../support/patience.ts';
import { settled } from '../support/settled.ts';
import { ask, post } from './ask.ts';

const ME = { query: '{ me: user(id: "u-1") { id } }' };

async function startUsers(
  chaos: ChaosInput | null = null,
  now: () => number = () => 0,
): Promise<RunningSubgraph> {
  const users = await startSubgraph('users', { port: 0, chaos: true, now });
  users.setChaos(chaos);
  return users;
}

function chaosUrl(users: RunningSubgraph): string {
  return `http://127.0.0.1:${users.port}/chaos`;
}

describe('the chaos switch', () => {
  it('is not found unless it is turned on', async () => {
    await using users = await startSubgraph('users', { port: 0 });
    expect((await fetch(chaosUrl(users))).status).toBe(404);
    expect((await post(chaosUrl(users), { reset: true })).status).toBe(404);
    expect(() => users.setChaos({ reset: true })).toThrow();
  });

  it('is set by POST, shown by GET and cleared by DELETE', async () => {
    await using users = await startUsers();
    expect((await post(chaosUrl(users), { status: 503 })).status).toBe(200);
    expect(await (await fetch(chaosUrl(users))).json()).toMatchObject({
      chaos: { fault: 'status', status: 503, rate: 1 },
    });
    expect((await post(users.url, ME)).status).toBe(503);
    expect(await (await fetch(chaosUrl(users), { method: 'DELETE' })).json()).toEqual({ chaos: null });
    expect((await post(users.url, ME)).status).toBe(200);
  });

  it.each([
    [[], 'object'],
    [{ latencies: 1 }, 'latencies'],
    [{ latency: -1 }, 'latency'],
    [{ latency: 60_001 }, 'latency'],
    [{ latency: '5s' }, 'latency'],
    [{ errorRate: 1.1 }, 'errorRate'],
    [{ status: 200 }, 'status'],
    [{ status: 500.5 }, 'status'],
    [{ hang: 'yes' }, 'hang'],
    [{ hang: true, reset: true }, 'hang, reset'],
    [{ field: 'User.nothing' }, 'field'],
    [{ field: 'User.name', garbage: true }, 'field'],
    [{ reset: true, for: '2h' }, 'for'],
    [{ reset: true, for: '61m' }, 'for'],
  ])('refuses %j, says why and changes nothing', async (input, mention) => {
    await using users = await startUsers({ status: 503 });
    const response = await post(chaosUrl(users), input);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(mention);
    expect((await post(users.url, ME)).status).toBe(503);
  });

  it('ends by itself when its time is over', async () => {
    let time = 0;
    await using users = await startUsers({ status: 500, for: '10s' }, () => time);
    time = 9_999;
    expect((await post(users.url, ME)).status).toBe(500);
    time = 10_000;
    expect((await post(users.url, ME)).status).toBe(200);
  });
});

describe('chaos for a whole subgraph', () => {
  it('hits the share of requests that errorRate says, the same ones each time', async () => {
    await using users = await startUsers();
    const run = async () => {
      users.setChaos({ errorRate: 0.5 });
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1) statuses.push((await post(users.url, ME)).status);
      return statuses;
    };
    const statuses = await run();
    expect(statuses.filter(status => status === 500).length).toBeGreaterThan(10);
    expect(statuses.filter(status => status === 200).length).toBeGreaterThan(10);
    expect(await run()).toEqual(statuses);
  });

  it('keeps the answer back for the latency', async () => {
    await using users = await startUsers({ latency: 60_000 });
    let answered = false;
    const answer = ask(users, ME).then(() => {
      answered = true;
    });
    while (users.requests === 0) await fetch(`http://127.0.0.1:${users.port}/health`);
    expect(answered).toBe(false);
    // Clearing wakes what is waiting, so nobody has to sit out the minute.
    await fetch(chaosUrl(users), { method: 'DELETE' });
    await answer;
    expect(answered).toBe(true);
  });

  it('answers after the latency on its own', async () => {
    await using users = await startUsers({ latency: 30 });
    const begun = performance.now();
    expect(await ask(users, ME)).toEqual({ data: { me: { id: 'u-1' } } });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(25);
  });

  it('hangs until the caller gives up', async () => {
    await using users = await startUsers({ hang: true });
    const caller = new AbortController();
    const gaveUp = fetch(users.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ME),
      signal: caller.signal,
    });
    const given = expect(gaveUp).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(users.requests).toBe(1), PATIENCE);
    await settled();
    caller.abort();
    await given;
    expect(users.requests).toBe(1);
  });

  it('answers garbage as JSON', async () => {
    await using users = await startUsers({ garbage: true });
    const response = await post(users.url, ME);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    await expect(response.json()).rejects.toBeInstanceOf(SyntaxError);
  });

  it('breaks off in the middle of an answer', async () => {
    await using users = await startUsers({ truncated: true });
    const response = await post(users.url, ME);
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBe('{"data":{"me":{"id":"u-1"}}}'.length);
    await expect(response.text()).rejects.toThrow();
  });

  it('resets the connection', async () => {
    await using users = await startUsers({ reset: true });
    await expect(post(users.url, ME)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('answers JSON of the wrong shape', async () => {
    await using users = await startUsers({ wrongShape: true });
    expect(await ask(users, ME)).toEqual({ data: { me: expect.any(String) } });
  });
});

describe('chaos for one field', () => {
  const query = '{ me: user(id: "u-1") { id email } user(id: "u-2") { id } }';

  it('fails that field and leaves the others', async () => {
    await using users = await startUsers({ field: 'User.email', errorRate: 1 });
    const { data, errors } = await ask(users, { query });
    expect(data).toEqual({ me: { id: 'u-1', email: null }, user: { id: 'u-2' } });
    expect(errors).toMatchObject([{ path: ['me', 'email'], extensions: { code: 'CHAOS' } }]);
  });

  it('leaves requests that do not ask for it', async () => {
    await using users = await startUsers({ field: 'User.email', hang: true });
    expect(await ask(users, ME)).toEqual({ data: { me: { id: 'u-1' } } });
  });

  it('holds that field up until it is cleared', async () => {
    await using users = await startUsers({ field: 'User.email', latency: 60_000 });
    const answer = ask(users, { query });
    while (users.requests === 0) await fetch(`http://127.0.0.1:${users.port}/health`);
    users.setChaos(null);
    expect((await answer).data).toMatchObject({ me: { email: 'grace.fischer.1@example.com' } });
  });
});
