import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeSupergraph } from '../support/compose.ts';
import { type RunningFake, sendJson, startFakeSubgraph } from '../support/fake-subgraph.ts';
import { runCli } from '../support/start-cli.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TYPES = 'type Query { who: String }';

let fakes: readonly RunningFake[];
let gateway: TestGateway<never>;
let admin: string;

beforeAll(async () => {
  const start = () => startFakeSubgraph({ typeDefs: TYPES, resolvers: { Query: { who: () => 'me' } } });
  fakes = [await start(), await start(), await start()];
  const [first, second, canary] = fakes.map(({ url }) => url) as [string, string, string];
  const variant = { url: canary, when: { header: 'x-canary', equals: '1' }, switchOff: { minimumCalls: 1 } };
  gateway = await startGateway({
    supergraphSdl: composeSupergraph([{ name: 'shop', url: 'http://127.0.0.1:1/', typeDefs: TYPES }]),
    config: {
      execution: {
        subgraphs: {
          shop: {
            url: [first, second],
            ejection: { failures: 1, outFor: '1h', maxOutFor: '1h' },
            variants: { canary: variant },
          },
        },
      },
    },
  });
  for (const fake of fakes.slice(1)) fake.respond = (_seen, response) => sendJson(response, {}, 503);
  for (let call = 0; call < 2; call++) await gateway.ask('{ who }');
  await gateway.ask('{ who }', {}, { 'x-canary': '1' });
  admin = await gateway.gateway.admin.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const fake of fakes) await fake[Symbol.asyncDispose]();
});

async function targets(...args: readonly string[]) {
  await using folder = await temporaryFolder({});
  return await runCli(['targets', ...args, '--admin', admin], { cwd: folder.path });
}

const words = (line = '') => line.trim().split(/ {2,}/);

test('lists where subgraphs are asked, and restores what is out or switched off', async () => {
  const [first, second, canary] = fakes.map(({ url }) => new URL(url).href) as [string, string, string];
  const { code, stdout } = await targets('list');
  const [, ...rows] = stdout.trim().split('\n').map(words);
  expect(code).toBe(0);
  expect(rows.map(row => row.slice(0, 4))).toEqual([
    ['shop', 'stable', first, 'serving'],
    ['shop', 'stable', second, 'ejected'],
    ['shop', 'canary', canary, 'switched off'],
  ]);
  expect(rows[1]?.[4]).toMatch(/^for /);
  expect(rows[2]?.[4]).toBe('for good, by its failures');

  const restored = await targets('restore', 'shop', 'canary', '--json');
  expect(JSON.parse(restored.stdout)).toMatchObject({ targets: [{ variant: 'canary', off: null }] });
  const back = await targets('restore', 'shop', new URL(second).host);
  expect(words(back.stdout.trim().split('\n')[1]).slice(0, 4)).toEqual(['shop', 'stable', second, 'serving']);
  // Each start of the command takes a second or two.
});

test('says what is wrong', async () => {
  expect(await targets('restore', 'shop', 'canery')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean "canary"?'),
  });
});
