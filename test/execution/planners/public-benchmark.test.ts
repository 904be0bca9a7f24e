import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphqlRequest, startGateway, type TestGateway } from '../../support/start-gateway.ts';

const bench = new URL('../../../bench/', import.meta.url);
const data = (name: string): string => readFileSync(new URL(`data/${name}`, bench), 'utf8');

/** What a planner may cost on the public query; Apollo's own gateway sends 16. */
const REQUESTS = { native: 7, apollo: 8 } as const;

let subgraphs: ChildProcess;
let origin = '';

beforeAll(async () => {
  subgraphs = spawn(process.execPath, [fileURLToPath(new URL('subgraphs/server.mjs', bench)), '0']);
  const [line] = (await once(subgraphs.stdout ?? subgraphs, 'data')) as [Buffer];
  origin = /http:\S+/.exec(line.toString())?.[0] ?? '';
});

afterAll(() => {
  subgraphs.kill();
});

describe.each(['native', 'apollo'] as const)('the public benchmark query with the %s planner', planner => {
  test('is answered byte for byte, with few requests', async () => {
    const supergraphSdl = data('supergraph.graphql').replaceAll('http://0.0.0.0:4200', origin);
    await using gateway: TestGateway<never> = await startGateway({
      supergraphSdl,
      config: { execution: { planner } },
    });
    await fetch(`${origin}/reset`, { method: 'POST' });
    const response = await gateway.handle(graphqlRequest({ query: data('query.graphql') }));
    expect((await response.text()).trim()).toBe(data('expected.json').trim());
    const counts = (await (await fetch(`${origin}/counts`)).json()) as { total: number };
    expect(counts.total).toBe(REQUESTS[planner]);
  });
});
