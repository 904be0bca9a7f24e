import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shareOf } from '../../src/shared/share-of.ts';
import type { FakeSubgraph } from '../support/fake-subgraph.ts';
import { createGate } from '../support/gate.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const old = () => 'old';
const fresh = () => 'new';

/** `bills` moves `status` and `Query.half` by percent, and `total` by a label with a name. */
const SUBGRAPHS: Readonly<Record<'shop' | 'bills', FakeSubgraph>> = {
  shop: {
    typeDefs: `
      type Query { bill: Bill half: String plain: String }
      type Bill @key(fields: "id") { id: ID! status: String total: String owner: String }`,
    resolvers: {
      Query: { bill: () => ({ id: '1', owner: 'ada' }), half: old, plain: old },
      Bill: { __resolveReference: (ref: object) => ({ ...ref, owner: 'ada' }), status: old, total: old },
    },
  },
  bills: {
    typeDefs: `
      type Query { half: String @override(from: "shop", label: "percent(50)") }
      type Bill @key(fields: "id") {
        id: ID!
        status: String @override(from: "shop", label: "percent(50)")
        owner: String @external
        total: String @override(from: "shop", label: "new-totals") @requires(fields: "owner")
      }`,
    resolvers: {
      Query: { half: fresh },
      Bill: {
        __resolveReference: (ref: object) => ref,
        status: fresh,
        total: ({ owner }) => `new for ${owner}`,
      },
    },
  },
};

/** The nth of many names whose share is in a range. */
function firstBetween(
  [from, to]: readonly [number, number],
  nth: number,
  nameOf: (index: number) => string,
): string {
  const names = Array.from({ length: 2_000 }, (_, index) => nameOf(index));
  const found = names.filter(name => {
    const share = shareOf(`override ${name}`);
    return share >= from && share < to;
  })[nth];
  if (found === undefined) throw new Error(`no name has a share between ${from} and ${to}`);
  return found.slice(found.indexOf(' ') + 1);
}

const nameBetween = (from: number, to: number): string =>
  firstBetween([from, to], 0, index => `subject u-${index}`);
const addressBetween = (from: number, to: number, nth = 0): string =>
  firstBetween([from, to], nth, index => `address 192.0.${index >> 8}.${index & 255}`);

let issuer: RunningIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer[Symbol.asyncDispose]());

const subject = (sub: string) => ({ authorization: `Bearer ${issuer.token({ sub })}` });
const from = (address: string) => ({ 'x-forwarded-for': address });

function startShop(planner: 'native' | 'apollo', overrides: Readonly<Record<string, boolean | number>> = {}) {
  return startGateway({
    subgraphs: SUBGRAPHS,
    config: {
      identity: { jwt: { providers: [issuer.provider as never] } },
      personas: { all: { match: { default: true }, explain: true } },
      policy: { rateLimit: { trustedProxies: 1 } },
      execution: { planner, overrides },
    },
  });
}

describe.each(['native', 'apollo'] as const)('a field that moves (%s)', planner => {
  let gateway: TestGateway<'shop' | 'bills'>;
  beforeAll(async () => {
    gateway = await startShop(planner, { 'new-totals': 20 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const BILL = '{ bill { id status total owner } half }';
  const answer = (status: string, total: string) => ({
    data: { bill: { id: '1', status, total, owner: 'ada' }, half: status },
  });

  test('is answered by one subgraph for some subjects, and by the other for the rest, each time', async () => {
    const [both, half, none] = [nameBetween(0, 20), nameBetween(20, 50), nameBetween(50, 100)];
    // Often enough for plans to be kept, code to be generated, and replies to be replayed.
    for (let round = 0; round < 6; round++) {
      expect(await gateway.ask(BILL, {}, subject(both))).toEqual(answer('new', 'new for ada'));
      expect(await gateway.ask(BILL, {}, subject(half))).toEqual(answer('new', 'old'));
      expect(await gateway.ask(BILL, {}, subject(none))).toEqual(answer('old', 'old'));
    }
  });

  test('is taken from its side by address where there is no subject', async () => {
    const answers = [from(addressBetween(0, 50)), from(addressBetween(50, 100))].map(
      async headers => (await gateway.ask('{ half }', {}, headers)).data,
    );
    expect(await Promise.all(answers)).toEqual([{ half: 'new' }, { half: 'old' }]);
  });

  test('shows in an explanation', async () => {
    const headers = { ...subject(nameBetween(0, 20)), 'x-weir-explain': '1' };
    const { extensions } = await gateway.ask('{ bill { total } }', {}, headers);
    expect(extensions?.['explain']).toMatchObject({
      overrides: ['new-totals'],
      fetches: [{ subgraph: 'shop' }, { subgraph: 'bills' }],
    });
    const other = { ...subject(nameBetween(50, 100)), 'x-weir-explain': '1' };
    const { extensions: without } = await gateway.ask('{ bill { total } }', {}, other);
    expect(without?.['explain']).toMatchObject({ overrides: [], fetches: [{ subgraph: 'shop' }] });
  });
});

/** Holds what subgraphs answer until the test lets it go. */
function holdBoth(gateway: TestGateway<'shop' | 'bills'>) {
  const { opened: held, open: release } = createGate();
  const asked = { shop: 0, bills: 0 };
  for (const name of ['shop', 'bills'] as const) {
    gateway.subgraphs[name].respond = async (_seen, response) => {
      asked[name]++;
      await held;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: { half: name } }));
    };
  }
  return { asked, release };
}

test('callers on one side share an answer in flight, and those on different sides never do', async () => {
  await using gateway = await startShop('native');
  const { asked, release } = holdBoth(gateway);
  const callers = [
    addressBetween(0, 50),
    addressBetween(0, 50, 1),
    addressBetween(50, 100),
    addressBetween(50, 100, 1),
  ];
  const answers = callers.map(async address => (await gateway.ask('{ half }', {}, from(address))).data);
  await expect.poll(() => asked).toEqual({ shop: 1, bills: 1 });
  release();
  const sides = (await Promise.all(answers)).map(data => data?.['half']);
  expect(sides).toEqual(['bills', 'bills', 'shop', 'shop']);
  expect(asked).toEqual({ shop: 1, bills: 1 });
});

test('an answer that is kept is given again on its side only', async () => {
  await using gateway = await startGateway({
    subgraphs: SUBGRAPHS,
    config: {
      policy: { rateLimit: { trustedProxies: 1 } },
      execution: { overrides: { 'new-totals': 20 } },
      cache: { defaultMaxAge: '1m' },
    },
  });
  // Both sides ask the same subgraphs, so that only the labels tell them apart.
  const query = '{ bill { status total } }';
  const ask = async (address: string) => {
    const response = await gateway.handle(graphqlRequest({ query }, from(address)));
    const { data } = (await response.json()) as { data: { bill: { total: string } } };
    return [response.headers.get('x-cache'), data.bill.total];
  };
  const [moved, staying] = [addressBetween(0, 20), addressBetween(20, 50)];
  expect(await ask(moved)).toEqual(['MISS', 'new for ada']);
  expect(await ask(staying)).toEqual(['MISS', 'old']);
  expect(await ask(moved)).toEqual(['HIT', 'new for ada']);
  expect(await ask(staying)).toEqual(['HIT', 'old']);
});

async function planned(gateway: TestGateway<'shop' | 'bills'>): Promise<number> {
  const { body } = await gateway.gateway.admin.inject({ url: '/metrics' });
  return Number(/^weir_plan_duration_seconds_count\{.*\} (\d+)$/m.exec(body)?.[1] ?? 0);
}

test('an operation has a plan for each side that it has, and one if it has none', async () => {
  await using gateway = await startShop('native', { 'new-totals': 20 });
  const ask = async (query: string) => {
    const before = await planned(gateway);
    for (let index = 0; index < 40; index++) await gateway.ask(query, {}, subject(`u-${index}`));
    return (await planned(gateway)) - before;
  };
  expect(await ask('{ plain bill { id owner } }')).toBe(1);
  expect(await ask('{ bill { status } half }')).toBe(2);
  expect(await ask('{ bill { status total } half }')).toBe(3);
});

test('registered documents are planned for each side before they are asked for', async () => {
  await using folder = await temporaryFolder({ 'm.json': JSON.stringify({ half: 'query Half { half }' }) });
  await using gateway = await startGateway({
    subgraphs: SUBGRAPHS,
    folder: folder.path,
    config: {
      personas: {
        all: { match: { default: true }, documents: { mode: 'ids-only', manifests: ['m.json'] } },
      },
    },
  });
  expect(await planned(gateway)).toBe(2);
});

test('a label that is true is on for everybody, and one that is false or absent for nobody', async () => {
  for (const [overrides, expected] of [
    [{ 'new-totals': true }, 'new for ada'],
    [{ 'new-totals': 100 }, 'new for ada'],
    [{ 'new-totals': false }, 'old'],
    [{ 'new-totals': 0 }, 'old'],
    [{}, 'old'],
  ] as const) {
    await using gateway = await startShop('native', overrides);
    for (const range of [nameBetween(0, 1), nameBetween(99, 100)]) {
      const { data } = await gateway.ask('{ bill { total } }', {}, subject(range));
      expect(data).toEqual({ bill: { total: expected } });
    }
  }
});

test('raising a share moves nobody back', async () => {
  const moved = async (share: number): Promise<Set<string>> => {
    await using gateway = await startShop('native', { 'new-totals': share });
    const found = new Set<string>();
    for (let index = 0; index < 60; index++) {
      const { data } = await gateway.ask('{ bill { total } }', {}, subject(`u-${index}`));
      if (JSON.stringify(data).includes('new')) found.add(`u-${index}`);
    }
    return found;
  };
  const [few, many] = [await moved(25), await moved(60)];
  expect(few.size).toBeGreaterThan(0);
  expect(many.size).toBeGreaterThan(few.size);
  expect([...few].filter(name => !many.has(name))).toEqual([]);
});
