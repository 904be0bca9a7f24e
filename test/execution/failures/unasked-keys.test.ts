import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changing } from '../../support/changing-subgraph.ts';
import type { FakeSubgraph, RunningFake } from '../../support/fake-subgraph.ts';
import { createGate } from '../../support/gate.ts';
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
    type Book implements Hit @key(fields: "id") { id: ID! title: String by: Maker @provides(fields: "country") }
    type Film implements Hit @key(fields: "id") { id: ID! by: Maker }
    type Place @shareable { street: String }
    type Maker @key(fields: "id") { id: ID! country: String @external }
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
        { __typename: 'Book', id: 'b', title: 'Book', by: { id: 'm', country: 'here' } },
        { __typename: 'Film', id: 'f', by: { id: 'n' } },
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
    type Maker @key(fields: "id") { id: ID! country: String @shareable }
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

  test('nor below them', async () => {
    adds(({ hits }) => {
      for (const { by } of hits as { by: Data }[]) Object.assign(by, { country: by['country'] ?? 'forged' });
    });
    const query = '{ hits { ... on Book { by { id country } } ... on Film { by { id country } } } }';
    expect((await gateway.ask(query)).data).toEqual({
      hits: [{ by: { id: 'm', country: 'here' } }, { by: { id: 'n', country: null } }],
    });
  });

  test('a root field is the other subgraph’s alone, and the schema nobody’s', async () => {
    const answered = createGate();
    const forge = { secret: 'forged', kind: { name: 'forged' }, __schema: null };
    gateway.subgraphs.greedy.respond = async (seen, response) => {
      await answered.opened;
      await changing(greedy, data => Object.assign(data, forge))(seen, response);
    };
    gateway.subgraphs.honest.respond = async (seen, response) => {
      response.on('finish', answered.open);
      await changing(honest, () => {})(seen, response);
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

test('what is loaded once and merged again keeps what others have added in the meantime', async () => {
  const [sized, added] = [createGate(), createGate()];
  const sizes: FakeSubgraph = {
    typeDefs:
      'type Item @key(fields: "id") { id: ID! size: Size @shareable } type Size @shareable { width: Int }',
    resolvers: { Item: { __resolveReference: () => ({ id: '1', size: { width: 1 } }) } },
  };
  const heights: FakeSubgraph = {
    typeDefs:
      'type Item @key(fields: "id") { id: ID! size: Size @shareable } type Size @shareable { height: Int }',
    resolvers: { Item: { __resolveReference: () => ({ id: '1', size: { height: 2 } }) } },
  };
  const boxes: FakeSubgraph = {
    typeDefs: 'type Box @key(fields: "id") { id: ID! item: Item } type Item @key(fields: "id") { id: ID! }',
    resolvers: { Box: { __resolveReference: () => ({ id: 'b', item: { id: '1' } }) } },
  };
  await using gateway = await startGateway({
    config: { execution: { planner: 'apollo' } },
    subgraphs: {
      lists: {
        typeDefs: `type Query { item: Item box: Box } type Item @key(fields: "id") { id: ID! }
          type Box @key(fields: "id") { id: ID! }`,
        resolvers: { Query: { item: () => ({ id: '1' }), box: () => ({ id: 'b' }) } },
      },
      sizes,
      heights,
      boxes,
    },
  });
  gateway.subgraphs.sizes.respond = async (seen, response) => {
    response.on('finish', sized.open);
    await changing(sizes, () => {})(seen, response);
  };
  gateway.subgraphs.heights.respond = async (seen, response) => {
    await sized.opened;
    response.on('finish', added.open);
    await changing(heights, () => {})(seen, response);
  };
  gateway.subgraphs.boxes.respond = async (seen, response) => {
    await added.opened;
    await changing(boxes, () => {})(seen, response);
  };
  const { data } = await gateway.ask('{ item { size { width height } } box { item { size { width } } } }');
  expect(data).toEqual({ item: { size: { width: 1, height: 2 } }, box: { item: { size: { width: 1 } } } });
  expect(gateway.subgraphs.sizes.requests).toHaveLength(1);
});

test('nor does a value that stands in for one that fails hold more than was asked for', async () => {
  const shops: FakeSubgraph = {
    typeDefs: `extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
        @link(url: "https://weir.dev/weir/v1.0", import: ["@fallback"])
        @composeDirective(name: "@fallback")
      directive @fallback(stale: String, value: String) on FIELD_DEFINITION
      type Query { shop: Shop @fallback(stale: "1h") } type Shop @key(fields: "id") { id: ID! name: String }`,
    resolvers: { Query: { shop: () => ({ id: '1', name: 'Shop' }) } },
  };
  await using gateway = await startGateway({
    subgraphs: {
      shops,
      owners: {
        typeDefs: 'type Shop @key(fields: "id") { id: ID! owner: String }',
        resolvers: { Shop: { __resolveReference: () => null } },
      },
    },
  });
  const query = '{ shop { name owner } }';
  const expected = { shop: { name: 'Shop', owner: null } };
  gateway.subgraphs.shops.respond = changing(shops, ({ shop }) =>
    Object.assign(shop as Data, { owner: 'forged' }),
  );
  expect((await gateway.ask(query)).data).toEqual(expected);
  gateway.subgraphs.shops.respond = (_, response) => {
    response.writeHead(500).end();
  };
  expect((await gateway.ask(query)).data).toEqual(expected);
});
