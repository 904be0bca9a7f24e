import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExecutionResult, getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPOSITORY, startCli } from '../support/start-cli.ts';
import { type RunningExample, startExample } from '../support/start-example.ts';
import { graphqlRequest } from '../support/start-gateway.ts';

type Headers = Readonly<Record<string, string>>;

const IOS: Headers = { 'graphql-client-name': 'shop-ios', 'graphql-client-version': '7.1' };
const WEB: Headers = { 'graphql-client-name': 'shop-web' };
const FRAUD = '{ order(id: "o-1") { fraudScore } }';

const mobileIds = new Map(
  Object.entries(
    JSON.parse(readFileSync(join(REPOSITORY, 'documents/mobile.json'), 'utf8')) as Record<string, string>,
  ).map(([id, text]) => [/^\w+ (\w+)/.exec(text)?.[1], id]),
);

let example: RunningExample;
beforeAll(async () => {
  example = await startExample();
});
afterAll(() => example[Symbol.asyncDispose]());

async function send(body: unknown, headers: Headers = {}) {
  const response = await example.gateway.handle(graphqlRequest(body, headers));
  const { data, errors } = (await response.json()) as ExecutionResult;
  const codes = errors?.map(({ extensions }) => extensions['code']);
  return { status: response.status, data, codes, headers: response.headers };
}

const ask = (query: string, headers: Headers = {}) => send({ query }, headers);

describe('mobile', () => {
  test('runs registered ids, says how long a CDN may keep them, and leaves nulls out', async () => {
    const url = `http://gateway/graphql/${mobileIds.get('ProductPage')}?variables={"id":"p-1"}`;
    const response = await example.gateway.handle(new Request(url, { headers: IOS }));
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
    expect(await response.json()).toMatchObject({
      data: { product: { id: 'p-1', reviews: [{}, {}, {}] } },
    });
    const anonymous = await send({ documentId: mobileIds.get('MyOrders') }, IOS);
    expect(anonymous.data).toEqual({});
  });

  test('runs no text, not even one that is registered', async () => {
    const refusal = { status: 403, codes: ['PERSISTED_DOCUMENT_REQUIRED'] };
    expect(await ask('{ me { id } }', IOS)).toMatchObject(refusal);
    const token = example.as({ persona: 'mobile' });
    expect(await ask('{ me { id } }', token)).toMatchObject(refusal);
  });

  test('places an order for the caller, who may cancel it, and nobody else may', async () => {
    const variables = { input: { items: [{ productId: 'p-1' }] } };
    const buyer = { ...IOS, ...example.as({ sub: 'u-7' }) };
    const placed = await send({ documentId: mobileIds.get('PlaceOrder'), variables }, buyer);
    expect(placed.data).toMatchObject({ placeOrder: { status: 'PENDING' } });
    const order = placed.data?.['placeOrder'] as { id: string };
    const cancel = { documentId: mobileIds.get('CancelOrder'), variables: { id: order.id } };
    expect(await send(cancel, IOS)).toMatchObject({ codes: ['UNAUTHORIZED_FIELD'] });
    const other = { ...IOS, ...example.as({ sub: 'u-8' }) };
    expect(await send(cancel, other)).toMatchObject({ codes: ['NOT_FOUND'] });
    expect(await send(cancel, buyer)).toMatchObject({ data: { cancelOrder: { status: 'CANCELLED' } } });
  });
});

describe('web', () => {
  test('runs the texts of its manifest in any layout, and no other', async () => {
    const mail = example.as({ persona: 'web', scope: 'read:email' });
    expect(await ask('query   Me {me{id,name,email}}', mail)).toMatchObject({
      status: 200,
      data: { me: { email: 'grace.fischer.1@example.com' } },
    });
    expect(await ask('query Me { me { id name } }', mail)).toMatchObject({
      status: 403,
      codes: ['PERSISTED_DOCUMENT_REQUIRED'],
    });
  });

  test('is what calls itself shop-web, without a caller', async () => {
    expect(await ask('query Me { me { id name email } }', WEB)).toMatchObject({ data: { me: null } });
  });
});

describe('admin', () => {
  const admin = () => example.as({ sub: 'u-100', roles: ['admin'] });

  test('is nobody without the role, whatever a client or a token says', async () => {
    expect(await ask(FRAUD, { 'graphql-client-name': 'shop-admin' })).toMatchObject({
      status: 401,
      codes: ['UNAUTHENTICATED'],
    });
    expect(await ask(FRAUD, example.as({ persona: 'admin', roles: ['user'] }))).toMatchObject({
      status: 403,
      codes: ['FORBIDDEN'],
    });
  });

  test('sees what is internal, introspects, and is in the log', async () => {
    const before = example.gateway.log.length;
    const { data } = await ask(
      `{ order(id: "o-1") { fraudScore } __schema { queryType { name } } }`,
      admin(),
    );
    expect(data).toEqual({ order: { fraudScore: 0.26 }, __schema: { queryType: { name: 'Query' } } });
    expect(example.gateway.log.slice(before)).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ audit: expect.objectContaining({ subject: 'u-100' }) }),
      }),
    );
  });

  test('of support sees everything of the shop, too', async () => {
    const query = '{ user(id: "u-2") { supportNotes addresses { city } } orders(first: 1) { id } }';
    const { data, codes } = await ask(query, admin());
    expect(codes).toBeUndefined();
    expect(data).toMatchObject({ user: { addresses: [{}] }, orders: [{}] });
  });
});

describe('public', () => {
  test('is everybody else, with small operations and without what is internal', async () => {
    expect(await ask('{ products(first: 1) { name } }')).toMatchObject({ status: 200, codes: undefined });
    expect(await ask(FRAUD, example.as({ roles: ['user'] }))).toMatchObject({
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    });
    const deep = `{ product(id: "p-1") ${'{ related '.repeat(10)}{ id }${' }'.repeat(10)} }`;
    expect(await ask(deep)).toMatchObject({ status: 400, codes: ['DOCUMENT_LIMIT_EXCEEDED'] });
    expect(await ask('{ __schema { queryType { name } } }')).toMatchObject({
      codes: ['GRAPHQL_VALIDATION_FAILED'],
    });
  });

  test('introspects as GraphiQL does where development switches it on', async () => {
    await using dev = await startExample({ operation: { introspection: true } });
    const answer = await dev.gateway.ask(getIntrospectionQuery({ inputValueDeprecation: true }));
    expect(answer.errors).toBeUndefined();
  });
});

describe('the rules', () => {
  test('show addresses to whom they belong', async () => {
    const query = '{ me { addresses { city } } user(id: "u-2") { addresses { city } } }';
    const { data, codes } = await ask(query, example.as({}));
    expect(data).toMatchObject({ me: { addresses: [{}, {}] }, user: { addresses: null } });
    expect(codes).toEqual(['UNAUTHORIZED_FIELD']);
  });

  test('show where an order goes to its buyer', async () => {
    const query =
      '{ order(id: "o-1") { shippingAddress { city } } other: order(id: "o-2") { shippingAddress { city } } }';
    const { data } = await ask(query, example.as({}));
    expect(data).toEqual({
      order: { shippingAddress: { city: expect.any(String) } },
      other: { shippingAddress: null },
    });
  });

  test.each([
    ['{ userIds: ["u-1"] }', 200, undefined],
    ['{ userIds: ["u-1", "u-2"] }', 200, ['UNAUTHORIZED_FIELD']],
    ['{ userIds: [] }', 200, ['UNAUTHORIZED_FIELD']],
    ['{}', 200, ['UNAUTHORIZED_FIELD']],
    ['null', 200, ['UNAUTHORIZED_FIELD']],
  ])('list orders for the filter %s', async (filter, status, codes) => {
    const query = `{ orders(first: 3, filter: ${filter}) { user { id } } }`;
    const answer = await ask(query, example.as({}));
    expect(answer).toMatchObject({ status, codes });
    if (codes === undefined) expect(answer.data?.['orders']).toEqual(Array(3).fill({ user: { id: 'u-1' } }));
  });
});

test('every document that ships can be run by its persona', async () => {
  await using cli = startCli(['operations', 'check']);
  expect(await cli.ended()).toBe(0);
  expect(cli.output.stdout).toBe('mobile: 6 documents, all can be run\nweb: 8 documents, all can be run\n');
});

test('weir start serves the personas by the names of clients, and ignores tokens, as nobody issues any', async () => {
  await using cli = startCli(['start', '--listen', '127.0.0.1:0'], {
    env: { WEIR_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  const [, url] = /"url":"([^"]+)"/.exec(await cli.said('"msg":"listening"')) ?? [];
  const statusOf = async (headers: Headers): Promise<number> => {
    const all = { 'content-type': 'application/json', ...headers };
    const body = JSON.stringify({ query: '{ __typename }' });
    return (await fetch(url as string, { method: 'POST', headers: all, body })).status;
  };
  const token = example.as({ sub: 'u-100', roles: ['admin'] });
  expect(await statusOf(IOS)).toBe(403);
  expect(await statusOf({ ...IOS, ...token })).toBe(403);
  expect(await statusOf(token)).toBe(200);
});
