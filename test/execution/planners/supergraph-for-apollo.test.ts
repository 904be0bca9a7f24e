import { print } from 'graphql';
import { expect, test } from 'vitest';
import { supergraphForApollo } from '../../../src/execution/planners/apollo/supergraph-for-apollo.ts';
import { composeSupergraph } from '../../support/compose.ts';
import { composeExample } from '../../support/monolith.ts';
import { startPlanner } from '../../support/plan-operation.ts';

function compose(typeDefs: Readonly<Record<string, string>>): string {
  return composeSupergraph(
    Object.entries(typeDefs).map(([name, text]) => ({ name, url: `http://${name}`, typeDefs: text })),
  );
}

test('keys that a subgraph does not resolve come last', () => {
  const text = print(supergraphForApollo(composeExample()).document);
  const product = /type Product[^{]*/.exec(text)?.[0] ?? '';
  const resolvable = product.match(/resolvable: false|@join__type/g) ?? [];
  expect(resolvable.filter(part => part === 'resolvable: false')).toHaveLength(1);
  expect(resolvable.at(-1)).toBe('resolvable: false');
});

test('a supergraph without arguments in requirements gets no fields', () => {
  expect(supergraphForApollo(composeExample()).requiredFields.size).toBe(0);
});

const NESTED = {
  a: `type Query { item: Item }
    type Item @key(fields: "id") { id: ID! offer: Offer }
    interface Offer { price(currency: String): Int  price__w0: Int }
    type Sale implements Offer { price(currency: String): Int price__w0: Int }`,
  b: `type Item @key(fields: "id") {
      id: ID!
      offer: Offer @external
      label: String @requires(fields: "offer { price(currency: \\"USD\\") }")
    }
    interface Offer { price(currency: String): Int }
    type Sale implements Offer { price(currency: String): Int @external }`,
};

test('a required field with arguments becomes a field, on an interface and its types, under a free name', () => {
  const { document, requiredFields } = supergraphForApollo(compose(NESTED));
  expect([...requiredFields.keys()]).toEqual(['price__w1']);
  const text = print(document);
  expect(text).toMatch(/requires: "[^"]*offer {\s*(\\n\s*)?price__w1/);
  expect(text.match(/^ {2}price__w1: Int/gm)).toHaveLength(2);
});

test('the plan asks for the real field and sends it by its real name', async () => {
  await using planning = await startPlanner('apollo', compose(NESTED));
  const plan = await planning.print('{ item { label } }');
  expect(plan).toContain('price__w1: price(currency: "USD")');
  expect(plan).toContain('price<price__w1');
});

test('an operation that the planner finds no plan for fails instead of answering null', async () => {
  const sdl = compose({ a: 'type Query { item: Int other: Int }' });
  const nowhere = sdl.replace(/^ {2}other: Int/m, '  other: Int @join__field(graph: A, external: true)');
  await using planning = await startPlanner('apollo', nowhere);
  await expect(planning.plan('{ other }')).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
});

test('conditions that exclude each other leave nothing to plan, which is no failure', async () => {
  await using planning = await startPlanner('apollo', compose({ a: 'type Query { item: Int }' }));
  expect(await planning.plan('query($v: Boolean!) { item @skip(if: $v) @include(if: $v) }')).toBeNull();
});
