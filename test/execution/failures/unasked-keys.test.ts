import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withFederation } from '../../support/compose.ts';
import type { FakeSubgraph, Respond, RunningFake } from '../../support/fake-subgraph.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

type Data = Record<string, unknown>;

/** Has the products, places and hits; what it must not say is what the others have of them. */
const greedy: FakeSubgraph = {
  typeDefs: `
    type Query {
      product: Product products: [[Product!]!]! place: Place @shareable hits: [Hit!]! own: String
    }
    interface Hit { id: ID! }
    type Product implements Hit @key(fields: "id") { id: ID! name: String maker: Maker }
    type Book implements Hit @key(fields: "id") { id: ID! title: String }
    type Film implements Hit @key(fields: "id") { id: ID! }
    type Place @shareable { street: String }
    type Maker @key(fields: "id") { id: ID! }
    type Shop @key(fields: "id") { id: ID! opens: String at: Place @shareable }
  `,
  resolvers: {
    Query: {
      own: () => 'own',
      product: () => ({ id: '1', name: 'Chair', maker: { id: 'm' } }),
      products: () => [
        [
          { id: '1', name: 'Chair' },
          { id: '2', name: 'Table' },
        ],
      ],
      place: () => ({ street: 'Street' }),
      hits: () => [
        { __typename: 'Book', id: 'b', title: 'Book' },
        { __typename: 'Film', id: 'f' },
      ],
    },
    Shop: { __resolveReference: () => ({ id: 's', opens: '9:00', at: { street: 'Side street' } }) },
  },
};

const honest: FakeSubgraph = {
  typeDefs: `
    type Query { place: Place @shareable shop: Shop secret: String }
    type Product @key(fields: "id") { id: ID! price: Int }
    type Film @key(fields: "id") { id: ID! title: String }
    type Place @shareable { town: String }
    type Maker @key(fields: "id") { id: ID! country: String }
    type Shop @key(fields: "id") { id: ID! owner: String at: Place @shareable }
  `,
  resolvers: {
    Query: {
      place: () => ({ town: 'Town' }),
      shop: () => ({ id: 's', owner: 'Owner', at: { town: 'Side town' } }),
      secret: () => 'secret',
    },
    Product: { __resolveReference: () => null },
    Film: { __resolveReference: () => null },
    Maker: { __resolveReference: () => null },
  },
};

describe.each(['native', 'apollo'] as const)('with the %s planner', planner => {
  let gateway: TestGateway<'greedy' | 'honest'>;
  beforeAll(async () => {
    gateway = await startGateway({
      subgraphs: { greedy, honest },
      config: { execution: { planner }, operation: { introspection: true } },
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const fake of Object.values(gateway.subgraphs) as RunningFake[]) fake.respond = undefined;
  });

  const adds = (change: (data: Data) => void): void => {
    gateway.subgraphs.greedy.respond = changing(greedy, change);
  };

  test('a field of an entity is the other subgraph’s alone', async () => {
    adds(({ product }) => Object.assign(product as Data, { price: 0 }));
    expect(await gateway.ask('{ product { name price } }')).toEqual({
      data: { product: { name: 'Chair', price: null } },
    });
  });

  test('in lists of lists, under aliases, and below what is selected', async () => {
    adds(data => {
      for (const list of data['products'] as Data[][])
        for (const item of list) for (const key of ['price', 'cost', 'w0_cost']) item[key] = 0;
      if (data['product'] !== undefined)
        Object.assign((data['product'] as { maker: Data }).maker, { country: 'nowhere' });
    });
    expect(
      (await gateway.ask('{ products { name cost: price } product { maker { country } } }')).data,
    ).toEqual({
      products: [
        [
          { name: 'Chair', cost: null },
          { name: 'Table', cost: null },
        ],
      ],
      product: { maker: { country: null } },
    });
  });

  test('a value of one type is not given to objects of another', async () => {
    adds(({ hits }) => {
      for (const hit of hits as Data[]) Object.assign(hit, { title: hit['title'] ?? 'forged' });
    });
    const query = '{ hits { id ... on Book { title } ... on Film { title } } }';
    expect((await gateway.ask(query)).data).toEqual({
      hits: [
        { id: 'b', title: 'Book' },
        { id: 'f', title: null },
      ],
    });
  });

  test('a root field is the other subgraph’s alone, and the schema nobody’s', async () => {
    let release = (): void => {};
    const answered = new Promise<void>(resolve => {
      release = resolve;
    });
    const change = changing(greedy, data =>
      Object.assign(data, { secret: 'forged', kind: { name: 'forged' }, __proto__: { secret: 'forged' } }),
    );
    gateway.subgraphs.greedy.respond = async (seen, response) => {
      await answered;
      await change(seen, response);
    };
    gateway.subgraphs.honest.respond = async (seen, response) => {
      await changing(honest, () => {})(seen, response);
      setTimeout(release, 20);
    };
    expect((await gateway.ask('{ own secret kind: __type(name: "Place") { name } }')).data).toEqual({
      own: 'own',
      secret: 'secret',
      kind: { name: 'Place' },
    });
  });

  test('what comes for an entity gives no key, no name of its type and nothing below that was not asked', async () => {
    adds(({ _entities }) => {
      const [shop] = _entities as [Data];
      Object.assign(shop, { owner: 'forged', id: 'x', __typename: 'Product' });
      Object.assign((shop['at'] as Data | undefined) ?? {}, { town: 'forged' });
    });
    expect((await gateway.ask('{ shop { __typename id owner opens } }')).data).toEqual({
      shop: { __typename: 'Shop', id: 's', owner: 'Owner', opens: '9:00' },
    });
  });

  test('an object that two subgraphs have parts of has from each what it was asked for', async () => {
    adds(data => {
      const shop = (data['_entities'] as [Data] | undefined)?.[0];
      Object.assign((shop?.['at'] as Data | undefined) ?? {}, { town: 'forged' });
      Object.assign((data['place'] as Data | undefined) ?? {}, { town: 'forged' });
    });
    expect(
      (await gateway.ask('{ place { street town } shop { owner opens at { street town } } }')).data,
    ).toEqual({
      place: { street: 'Street', town: 'Town' },
      shop: { owner: 'Owner', opens: '9:00', at: { street: 'Side street', town: 'Side town' } },
    });
  });

  test('a list nested without end is no answer', async () => {
    gateway.subgraphs.greedy.respond = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"data":{"product":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`);
    };
    const { data, errors } = await gateway.ask('{ product { name price } }');
    expect(data).toEqual({ product: null });
    expect(errors?.[0]?.extensions['code']).toBe('SUBGRAPH_BAD_RESPONSE');
  });
});

/** Executes as a well-behaved subgraph would, and then adds to it. */
function changing(fake: FakeSubgraph, change: (data: Data) => void): Respond {
  const schema = buildSubgraphSchema({
    typeDefs: parse(withFederation(fake.typeDefs)),
    ...(fake.resolvers === undefined ? {} : { resolvers: fake.resolvers }),
  });
  return async ({ query, variables }, response) => {
    const result = await execute({ schema, document: parse(query), variableValues: variables });
    const copy = JSON.parse(JSON.stringify(result)) as { data: Data };
    change(copy.data);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(copy));
  };
}
