import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway<'a'>;
let url = '';

beforeAll(async () => {
  gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { hello: String }' } },
    // Some audits ask for `__type`.
    config: { operation: { introspection: true } },
  });
  url = `${await gateway.gateway.app.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
});

afterAll(() => gateway[Symbol.asyncDispose]());

for (const audit of serverAudits({ url: () => url })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    expect(result.status === 'ok' ? null : result.reason, audit.name).toBeNull();
  });
}
