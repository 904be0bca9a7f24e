import { expect, test, vi } from 'vitest';
import { awaitTurn } from '../../../src/execution/fetch/await-turn.ts';
import type { SubgraphReply, SubgraphRequest } from '../../../src/execution/fetch/subgraph-fetch.ts';

const REPLY: SubgraphReply = { status: 200, headers: {}, body: Buffer.from('{}') };

function start(isOurs?: Promise<boolean>) {
  const next = vi.fn(async () => REPLY);
  const request = { subgraph: 's', context: isOurs === undefined ? {} : { isOurs } } as SubgraphRequest;
  return { next, reply: awaitTurn(next)(request) };
}

test('a subgraph is asked when it is clear that nobody else has', async () => {
  let decide = (_: boolean): void => {};
  const { next, reply } = start(new Promise(resolve => (decide = resolve)));
  await Promise.resolve();
  expect(next).not.toHaveBeenCalled();
  decide(true);
  expect(await reply).toBe(REPLY);
});

test('it is not asked where somebody else has', async () => {
  const { next, reply } = start(Promise.resolve(false));
  await expect(reply).rejects.toMatchObject({ code: 'REQUEST_CANCELLED' });
  expect(next).not.toHaveBeenCalled();
});

test('it is asked at once where nobody waits for a turn', async () => {
  const { next, reply } = start();
  expect(next).toHaveBeenCalledTimes(1);
  expect(await reply).toBe(REPLY);
});
