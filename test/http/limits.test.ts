import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

const TYPE_DEFS = `
  input Nested { list: [Nested!] text: String }
  type Query { one: Int nested(in: Nested): Int echo(text: String): String }
`;

const start = (config: GatewayConfigInput = {}): Promise<TestGateway<'a'>> =>
  startGateway({
    subgraphs: {
      a: {
        typeDefs: TYPE_DEFS,
        resolvers: {
          Query: { one: () => 1, nested: () => 2, echo: (_: unknown, { text }: { text: string }) => text },
        },
      },
    },
    config,
  });

async function outcome(response: Response): Promise<readonly unknown[]> {
  const body = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] };
  return [response.status, body.errors?.[0]?.extensions.code ?? body.data];
}

const OPEN = '['.repeat(50_000);
const post = (body: string): Request =>
  new Request('http://gateway/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

describe('nesting past the limit is a 400', () => {
  test.each<[string, () => Request]>([
    ['in a document', () => graphqlRequest({ query: `{ nested(in: {list: ${OPEN}` })],
    ['in a document of selections', () => graphqlRequest({ query: '{a'.repeat(20_000) })],
    ['in a document of parentheses', () => graphqlRequest({ query: '('.repeat(20_000) })],
    ['in a document behind a comment', () => graphqlRequest({ query: `# "\n{ nested(in: ${OPEN}` })],
    ['in a document behind a block string', () => graphqlRequest({ query: `{ a(b: """\\""" """ ${OPEN}` })],
    ['in variables', () => post(`{"query":"{ one }","variables":{"x":${OPEN}`)],
    ['in extensions', () => post(`{"query":"{ one }","extensions":${'{"a":'.repeat(20_000)}`)],
    ['in a batch', () => post(OPEN)],
    ['in a document in a URL', () => new Request(`http://gateway/graphql?query=${'['.repeat(5_000)}`)],
    [
      'in variables in a URL',
      () => new Request(`http://gateway/graphql?query={one}&variables={"x":${'['.repeat(5_000)}`),
    ],
    [
      'in extensions in a URL',
      () => new Request(`http://gateway/graphql?query={one}&extensions={"x":${'['.repeat(5_000)}`),
    ],
  ])('%s', async (_where, request) => {
    await using gateway = await start();
    expect(await outcome(await gateway.handle(request()))).toEqual([400, 'DOCUMENT_LIMIT_EXCEEDED']);
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

test('nesting up to the limit is served', async () => {
  await using gateway = await start();
  const variables = JSON.parse(`{"in":${'{"list":['.repeat(40)}${']}'.repeat(40)}}`) as object;
  const query = 'query($in: Nested) { nested(in: $in) }';
  expect(await gateway.ask(query, { ...variables })).toEqual({ data: { nested: 2 } });
});

describe('tokens', () => {
  test('past the limit are a 400', async () => {
    await using gateway = await start({ operation: { maxTokens: 50 } });
    const query = `{ ${'one '.repeat(50)} }`;
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const response = await gateway.handle(graphqlRequest({ query }, { accept }));
      expect(await outcome(response)).toEqual([400, 'DOCUMENT_LIMIT_EXCEEDED']);
    }
  });

  test('of a megabyte of aliases are refused without much work', async () => {
    await using gateway = await start();
    const aliases = Array.from({ length: 80_000 }, (_, index) => `a${index}:one`).join(' ');
    const response = await gateway.handle(graphqlRequest({ query: `{${aliases}}` }));
    expect(await outcome(response)).toEqual([400, 'DOCUMENT_LIMIT_EXCEEDED']);
    expect(gateway.requestCount()).toBe(0);
  });

  test('of strings and comments that hide nothing are counted once', async () => {
    await using gateway = await start();
    const query = `{ echo(text: "${'['.repeat(5_000)}") } # ${'{'.repeat(5_000)}`;
    expect(await gateway.ask(query)).toEqual({ data: { echo: '['.repeat(5_000) } });
  });
});

describe('names that objects already have', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  test.each(NAMES)('%s serves as an alias', async name => {
    await using gateway = await start();
    for (let use = 0; use < 3; use++) {
      const response = await gateway.handle(graphqlRequest({ query: `{ ${name}: one other: one }` }));
      expect(await response.text()).toBe(`{"data":{"${name}":1,"other":1}}`);
    }
  });

  test.each(NAMES)('%s serves as the name of an operation', async name => {
    await using gateway = await start();
    const query = `query ${name} { one } query Other { one }`;
    expect(await gateway.ask(query)).toMatchObject({ errors: [{}] });
    const response = await gateway.handle(graphqlRequest({ query, operationName: name }));
    expect(await response.json()).toEqual({ data: { one: 1 } });
  });

  test.each(NAMES.slice(1))('%s serves as the name of a variable', async name => {
    await using gateway = await start();
    const query = `query($${name}: String) { echo(text: $${name}) }`;
    const response = await gateway.handle(
      post(`{"query":${JSON.stringify(query)},"variables":{"${name}":"x"}}`),
    );
    expect(await response.json()).toEqual({ data: { echo: 'x' } });
    expect(await gateway.ask(query)).toEqual({ data: { echo: null } });
  });

  test('the one that would be a prototype is refused as the name of a variable', async () => {
    await using gateway = await start();
    const query = 'query($__proto__: String) { echo(text: $__proto__) }';
    const body = `{"query":${JSON.stringify(query)},"variables":{"__proto__":"x"}}`;
    expect(await outcome(await gateway.handle(post(body)))).toEqual([200, 'BAD_USER_INPUT']);
  });

  test('as keys nobody declared they do no harm', async () => {
    await using gateway = await start();
    const response = await gateway.handle(
      post(
        '{"query":"{ one }","__proto__":{"query":"{ two }"},"variables":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"extensions":{"__proto__":{"polluted":1}}}',
      ),
    );
    expect(await response.json()).toEqual({ data: { one: 1 } });
    expect('polluted' in {}).toBe(false);
  });

  test('as keys of an input object they are unknown fields', async () => {
    await using gateway = await start();
    const response = await gateway.handle(
      post('{"query":"query($in: Nested) { nested(in: $in) }","variables":{"in":{"__proto__":{"text":1}}}}'),
    );
    expect(await outcome(response)).toEqual([200, 'BAD_USER_INPUT']);
  });
});

describe('batches', () => {
  const batch = (size: number): Request => graphqlRequest(Array(size).fill({ query: '{ one }' }));

  test('are refused unless they are configured', async () => {
    await using gateway = await start();
    expect(await outcome(await gateway.handle(batch(1)))).toEqual([400, 'BAD_REQUEST']);
  });

  test('are answered in order, each operation for itself', async () => {
    await using gateway = await start({ server: { batching: { maxOperations: 4 } } });
    const operations = [{ query: '{ one }' }, { query: '{ two }' }, { query: '{ echo(text: "x") }' }, null];
    const response = await gateway.handle(graphqlRequest(operations));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { data: { one: 1 } },
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
      { data: { echo: 'x' } },
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });

  test('are bounded', async () => {
    await using gateway = await start({ server: { batching: { maxOperations: 2 } } });
    expect(await outcome(await gateway.handle(batch(3)))).toEqual([400, 'DOCUMENT_LIMIT_EXCEEDED']);
    expect(await outcome(await gateway.handle(graphqlRequest([])))).toEqual([400, 'BAD_REQUEST']);
  });

  test('run none of their operations when one is refused', async () => {
    await using gateway = await start({ server: { batching: { maxOperations: 2 } } });
    const deep = `{ one ${'['.repeat(200)}`;
    const response = await gateway.handle(graphqlRequest([{ query: '{ one }' }, { query: deep }]));
    expect(await outcome(response)).toEqual([400, 'DOCUMENT_LIMIT_EXCEEDED']);
    await gateway.ask('{ echo(text: "later") }');
    expect(gateway.requestCount()).toBe(1);
  });

  test('have no document of their path', async () => {
    await using gateway = await start({ server: { batching: { maxOperations: 2 } } });
    const { headers, body } = batch(1);
    const request = new Request('http://gateway/graphql/abc', {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect(await outcome(await gateway.handle(request))).toEqual([400, 'BAD_REQUEST']);
    expect(gateway.requestCount()).toBe(0);
  });

  test('do not nest', async () => {
    await using gateway = await start({ server: { batching: { maxOperations: 2 } } });
    const response = await gateway.handle(graphqlRequest([[{ query: '{ one }' }]]));
    expect(await response.json()).toMatchObject([{ errors: [{ extensions: { code: 'BAD_REQUEST' } }] }]);
    expect(gateway.requestCount()).toBe(0);
  });
});
