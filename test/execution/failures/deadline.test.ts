import { expect, test } from 'vitest';
import { startOwnTime } from '../../support/own-time.ts';
import { graphqlRequest } from '../../support/start-gateway.ts';
import { startCatalogue } from './catalogue.ts';

/** Long enough for a machine that is busy to send what it then waits for. */
const config = { execution: { deadline: '400ms' } };

test('a request whose time runs out with nothing to answer is a 504', async () => {
  await using gateway = await startCatalogue({ config });
  gateway.subgraphs.shaky.respond = () => {};
  using time = startOwnTime();
  for (let use = 0; use < 3; use++) {
    const response = await gateway.handle(graphqlRequest({ query: '{ brokenStrict { size } }' }));
    expect(response.status).toBe(504);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['DEADLINE_EXCEEDED']);
  }
  expect(time.ms).toBeLessThan(5_000);
});

test('what had come before the deadline is answered', async () => {
  await using gateway = await startCatalogue({ config });
  // Planned before, so that the time is the subgraphs'.
  await gateway.ask('{ fine broken }');
  gateway.subgraphs.shaky.respond = () => {};
  using time = startOwnTime();
  const response = await gateway.handle(graphqlRequest({ query: '{ fine broken }' }));
  expect(time.ms).toBeLessThan(4_000);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    data: { fine: 'fine', broken: null },
    errors: [{ path: ['broken'], extensions: { code: 'SUBGRAPH_TIMEOUT', subgraph: 'shaky' } }],
  });
});

test('the subgraph is told how long it has', async () => {
  await using gateway = await startCatalogue({ config });
  await gateway.ask('{ broken }');
  const [seen] = gateway.subgraphs.shaky.requests;
  const budget = Number(seen?.headers['x-deadline-ms']);
  expect(budget).toBeGreaterThan(0);
  expect(budget).toBeLessThanOrEqual(400);
});

test('a mutation that times out is not sent again', async () => {
  await using gateway = await startCatalogue({ config });
  gateway.subgraphs.shaky.respond = () => {};
  using time = startOwnTime();
  const { errors = [] } = await gateway.ask('mutation { change }');
  expect(time.ms).toBeLessThan(4_000);
  expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['SUBGRAPH_TIMEOUT']);
  expect(gateway.subgraphs.shaky.requests).toHaveLength(1);
});
