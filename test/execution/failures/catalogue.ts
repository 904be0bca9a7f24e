import type { FakeSubgraph, RunningFake } from '../../support/fake-subgraph.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../../support/start-gateway.ts';

/** Who must never see this: it stands for a host, a stack or a message of a subgraph. */
export const SECRET = 'db-7.internal:5432 at Object.connect (/srv/app/db.js:10)';

/** A subgraph that stays well, and products that stand at several places of its answer. */
const steady: FakeSubgraph = {
  typeDefs: `
    type Query { fine: String! products: [Product!]! best: Product product(id: ID!): Product }
    type Product @key(fields: "id") { id: ID! name: String related: [Product!]! }
  `,
  resolvers: {
    Query: {
      fine: () => 'fine',
      products: () => ['1', '2'].map(product),
      best: () => product('2'),
      product: (_: unknown, { id }: { id: string }) => product(id),
    },
    Product: { related: () => [product('2')] },
  },
};

function product(id: string): { id: string; name: string } {
  return { id, name: `name ${id}` };
}

/** The one that a test breaks: root fields of many types, and fields of the other's products. */
const shaky: FakeSubgraph = {
  typeDefs: `
    scalar Json
    enum Colour { RED GREEN }
    type Query {
      broken: String brokenStrict: Part! word: String words: [String!] count: Int ratio: Float flag: Boolean
      colour: Colour json: Json part: Part parts: [Part!] sparse: [Part]
    }
    type Mutation { change: String }
    type Part { label: String size: Int! part: Part }
    type Product @key(fields: "id") { id: ID! price: Int stock: Int! tags: [String!] part: Part }
  `,
  resolvers: {
    Query: { broken: () => 'whole', part: () => ({ label: 'part', size: 1 }) },
    Mutation: { change: () => 'changed' },
    Product: {
      __resolveReference: ({ id }: { id: string }) => ({ id, price: Number(id) * 10, stock: 1, tags: [] }),
    },
  },
};

export type Catalogue = TestGateway<'steady' | 'shaky'>;

/** What is not about time has time: others use the machine, too. */
const PATIENT = { deadline: '15s', subgraphs: { all: { timeout: '15s' } } } as const;

/** Where the shaky one is waited for in vain. Long enough to answer in once it is well again. */
export const HURRIED = {
  execution: { ...PATIENT, subgraphs: { ...PATIENT.subgraphs, shaky: { timeout: '750ms' } } },
} as const;

/** A gateway over both. */
export function startCatalogue(
  options: Pick<TestGatewayOptions<never>, 'config' | 'clock'> = {},
): Promise<Catalogue> {
  return startGateway({
    subgraphs: { steady, shaky },
    ...options,
    // What fails here fails each time, and is to be asked each time.
    config: { breakers: { guard: 'declared' }, ...(options.config ?? { execution: PATIENT }) },
  });
}

/** Makes the shaky subgraph answer every request with this text. */
export function answersWith(fake: RunningFake, body: unknown, status = 200): void {
  fake.respond = (_seen, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}
