import { expect, test } from 'vitest';
import { startGateway } from '../support/start-gateway.ts';

test('a supergraph with subscriptions is warned of: they are refused, and nobody else would say so before clients do', async () => {
  const typeDefs = 'type Query { x: Int } type Subscription { ticked: Int }';
  await using gateway = await startGateway({ subgraphs: { a: { typeDefs } } });
  expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      message: expect.stringContaining('UNSUPPORTED_OPERATION'),
      fields: { fields: ['ticked'] },
    },
  ]);
  expect(await gateway.ask('subscription { ticked }')).toMatchObject({
    errors: [{ extensions: { code: 'UNSUPPORTED_OPERATION' } }],
  });
});
