import { buildSchema, Kind, parse, validate, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { generateOperations } from '../support/generate-operations.ts';
import { createMonolith } from '../support/monolith.ts';

const monolith = createMonolith();
const options = { seed: 7, count: 300, maxDepth: 6 };
const operations = generateOperations(monolith.schema, options);

function rowsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + rowsIn(entry), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + rowsIn(Object.values(value));
}

function countKinds(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { query } of operations) {
    visit(parse(query), {
      enter: node => {
        counts.set(node.kind, (counts.get(node.kind) ?? 0) + 1);
        const isCollision =
          node.kind === Kind.FIELD && node.alias?.value === 'id' && node.name.value !== 'id';
        if (isCollision) counts.set('collision', (counts.get('collision') ?? 0) + 1);
      },
    });
  }
  return counts;
}

describe('generated operations', () => {
  it('are valid, every one', () => {
    expect(operations).toHaveLength(300);
    for (const { query } of operations) expect(validate(monolith.schema, parse(query))).toEqual([]);
  });

  it('are the same for a seed and others for another', () => {
    expect(generateOperations(monolith.schema, options)).toEqual(operations);
    expect(generateOperations(monolith.schema, { ...options, seed: 8 })).not.toEqual(operations);
  });

  it('use every part of the language that a gateway has to get right', () => {
    const counts = countKinds();
    for (const kind of [
      Kind.INLINE_FRAGMENT,
      Kind.FRAGMENT_SPREAD,
      Kind.VARIABLE_DEFINITION,
      Kind.DIRECTIVE,
      Kind.LIST,
      Kind.OBJECT,
      Kind.ENUM,
      Kind.NULL,
      'collision',
    ]) {
      expect(counts.get(kind) ?? 0, kind).toBeGreaterThan(5);
    }
    expect(counts.get(Kind.OPERATION_DEFINITION)).toBeGreaterThan(310);
  });

  it('give null, lists and objects to variables, and leave some out', () => {
    const values = operations.flatMap(({ variables }) => Object.values(variables));
    expect(values).toContain(null);
    expect(values.some(Array.isArray)).toBe(true);
    expect(values.some(value => typeof value === 'object' && value !== null && !Array.isArray(value))).toBe(
      true,
    );
  });

  it('reach every field that a query can ask for', () => {
    const asked = new Set<string>();
    for (const { query } of generateOperations(monolith.schema, { seed: 1, count: 800, maxDepth: 6 })) {
      visit(parse(query), { Field: node => void asked.add(node.name.value) });
    }
    const fields = Object.values(monolith.schema.getTypeMap())
      .filter(type => !type.name.startsWith('__') && type.name !== 'Mutation' && 'getFields' in type)
      .filter(type => type.astNode?.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION)
      .flatMap(type => Object.keys((type as { getFields(): object }).getFields()));
    expect(fields.filter(name => !asked.has(name))).toEqual([]);
  });

  it('work for any schema', () => {
    const schema = buildSchema(
      'type Query { grid(cells: [[Int!]!]! = [[1]]): [[Query!]!] flag(on: Boolean!): Boolean }',
    );
    const generated = generateOperations(schema, { seed: 1, count: 50, maxDepth: 4, samples: {} });
    for (const { query } of generated) expect(validate(schema, parse(query))).toEqual([]);
  });
});

describe('the monolith', () => {
  it('answers them all without errors and within a few thousand objects', async () => {
    let largest = 0;
    for (const operation of operations) {
      const { data, errors } = await monolith.execute(operation);
      expect(errors, operation.query).toBeUndefined();
      largest = Math.max(largest, rowsIn(data));
    }
    expect(largest).toBeGreaterThan(50);
    expect(largest).toBeLessThan(3_000);
  });

  it('answers fields of all three subgraphs about one entity', async () => {
    const query = `{
      me { discount wishlist(first: 1) { id shippingEstimate shippingClass inStock } reviews(first: 1) { verifiedPurchase } }
      media(first: 1) { __typename likes product { name } }
      search(text: "o-12", first: 1) { ... on Order { total user { username } } }
      user(id: "u-2") { likedMedia(first: 1) { __typename title } }
      membership: organization(id: "org-31") { members(first: 1) { title approvedOrders(first: 1) { total } } }
    }`;
    const { data, errors } = await monolith.execute({ query });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      me: {
        discount: 0.02,
        wishlist: [{ id: 'p-351', shippingClass: expect.any(String), inStock: expect.any(Boolean) }],
      },
      media: [{ __typename: 'Manual', likes: expect.any(Number), product: { name: expect.any(String) } }],
      search: [{ total: expect.any(Number), user: { username: expect.stringMatching(/\.12$/) } }],
      user: { likedMedia: [{ __typename: expect.stringMatching(/^(Video|Manual)$/) }] },
      membership: {
        members: [{ title: expect.any(String), approvedOrders: [{ total: expect.any(Number) }] }],
      },
    });
  });

  it('reads stock where the field was moved to', async () => {
    const { data } = await monolith.execute({
      query: '{ products(first: 1, filter: { inStock: false }) { inStock } }',
    });
    expect(data).toEqual({ products: [{ inStock: false }] });
  });

  it('keeps what mutations changed until it is reset', async () => {
    const mutation = 'mutation { addReview(input: { productId: "p-1", rating: 5 }) { id } }';
    const query = '{ review(id: "r-3001") { rating } }';
    expect((await monolith.execute({ query: mutation })).data).toEqual({ addReview: { id: 'r-3001' } });
    expect((await monolith.execute({ query })).data).toEqual({ review: { rating: 5 } });
    monolith.reset();
    expect((await monolith.execute({ query })).data).toEqual({ review: null });
  });
});
