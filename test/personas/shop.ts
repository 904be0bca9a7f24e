import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/start-gateway.ts';

export type Personas = NonNullable<GatewayConfigInput['personas']>;
type Headers = Readonly<Record<string, string>>;

const TYPE_DEFS = `
  interface Item { id: ID! name: String }
  type Book implements Item @key(fields: "id") { id: ID! name: String pages: Int cost: Float @tag(name: "internal") }
  type Toy implements Item { id: ID! name: String age: Int }
  type Sample implements Item @tag(name: "internal") { id: ID! name: String secretCode: String }
  union Found = Book | Toy | Sample
  enum Shelf { FRONT BACK VAULT @tag(name: "internal") }
  input Filter { name: String shelf: Shelf margin: Int @tag(name: "internal") }
  type Ledger @tag(name: "internal") { total: Int }
  type Query {
    word: String
    nothing: String
    book: Book
    item(kind: String): Item
    items: [Item]
    someItems: [Item!]
    found: [Found]
    count(filter: Filter, shelf: Shelf, raw: Boolean @tag(name: "internal")): Int
    shelf: Shelf
    ledger: Ledger @tag(name: "internal")
  }
  type Mutation { note(text: String): String }
`;

const BOOK = { __typename: 'Book', id: 'b', name: 'Weirs', pages: null, cost: 3 };
const TOY = { __typename: 'Toy', id: 't', name: null, age: 3 };
const SAMPLE = { __typename: 'Sample', id: 's', name: 'hush', secretCode: 'x' };
const KINDS: Readonly<Record<string, unknown>> = { book: BOOK, toy: TOY, sample: SAMPLE };

const RESOLVERS = {
  Query: {
    word: () => 'water',
    book: () => BOOK,
    item: (_: unknown, { kind }: { kind: string }) => KINDS[kind] ?? null,
    items: () => [BOOK, SAMPLE, TOY],
    someItems: () => [BOOK, SAMPLE],
    found: () => [TOY, SAMPLE],
    count: () => 5,
    shelf: () => 'VAULT',
    ledger: () => ({ total: 7 }),
  },
  Mutation: { note: (_: unknown, { text }: { text: string }) => text },
};

export interface Answer {
  readonly status: number;
  /** Code of the first error, if there is one. */
  readonly code: string | null;
  readonly data: unknown;
  readonly errors: readonly { readonly message: string; readonly path?: readonly unknown[] }[];
  readonly headers: globalThis.Headers;
  readonly text: string;
}

export interface Shop extends TestGateway<'shop'> {
  readonly issuer: RunningIssuer;
  /** Posts an operation, asking for the media type whose statuses speak. */
  post(body: unknown, headers?: Headers): Promise<Answer>;
  /** GETs with these parameters, or `/graphql/<id>` with them. */
  get(parameters: Headers, headers?: Headers, id?: string): Promise<Answer>;
  /** The header of a good token with these claims. */
  bearer(claims?: Readonly<Record<string, unknown>>): { readonly authorization: string };
  /** The sum of a metric over labels that hold these. */
  metric(name: string, labels?: Headers): Promise<number>;
}

/** A gateway over one subgraph with things that contracts hide, and an issuer whose tokens it accepts. */
export async function startShop(
  personas: Personas,
  { config = {}, ...options }: Omit<TestGatewayOptions<'shop'>, 'subgraphs'> = {},
): Promise<Shop> {
  const issuer = await startIssuer();
  const gateway = await startGateway({
    ...options,
    subgraphs: { shop: { typeDefs: TYPE_DEFS, resolvers: RESOLVERS } },
    config: {
      ...config,
      personas,
      identity: { ...config.identity, jwt: { providers: [issuer.provider], ...config.identity?.jwt } },
    },
  }).catch(async (error: unknown) => {
    await issuer[Symbol.asyncDispose]();
    throw error;
  });
  const ask = async (request: Request): Promise<Answer> => answerOf(await gateway.handle(request));
  return {
    ...gateway,
    issuer,
    post: (body, headers = {}) =>
      ask(
        new Request('http://gateway/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: MEDIA_TYPE, ...headers },
          body: JSON.stringify(body),
        }),
      ),
    get(parameters, headers = {}, id) {
      const path = id === undefined ? '' : `/${encodeURIComponent(id)}`;
      const url = `http://gateway/graphql${path}?${new URLSearchParams(parameters)}`;
      return ask(new Request(url, { headers: { accept: MEDIA_TYPE, ...headers } }));
    },
    bearer: claims => ({ authorization: `Bearer ${issuer.token(claims)}` }),
    async metric(name, labels = {}) {
      const { payload } = await gateway.gateway.admin.inject('/metrics');
      const samples = payload
        .split('\n')
        .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return samples
        .filter(line => wanted.every(label => line.includes(label)))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

const MEDIA_TYPE = 'application/graphql-response+json';

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = JSON.parse(text);
  const { data = null, errors = [] } = Array.isArray(body) ? {} : body;
  const code = errors[0]?.extensions?.code ?? null;
  return { status: response.status, code, data, errors, headers: response.headers, text };
}

/** Status and code, or data where there is no error. */
export async function outcome(answer: Promise<Answer>): Promise<readonly unknown[]> {
  const { status, code, data } = await answer;
  return [status, code ?? data];
}
