import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const old = () => 'old';
const fresh = () => 'new';

federation(
  '@override',
  {
    monolith: {
      typeDefs: `
        type Query { bills: [Bill!]! moved: String staying: String }
        type Bill @key(fields: "id") { id: ID! amount: String payer: User status: String total: String tax: String }
        type User @key(fields: "id") { id: ID! name: String @shareable }
      `,
      resolvers: {
        Query: { bills: () => [{ id: '1', payer: { id: 'u' }, tax: 'tax' }], moved: old, staying: old },
        Bill: { __resolveReference: ref => ({ ...ref, tax: 'tax' }), amount: old, status: old, total: old },
        User: { __resolveReference: ref => ref, name: old },
      },
    },
    billing: {
      typeDefs: `
        type Query { moved: String @override(from: "monolith") newBill: Bill }
        type Bill @key(fields: "id") {
          id: ID!
          amount: String @override(from: "monolith")
          status: String @override(from: "monolith", label: "percent(5)")
          tax: String @external
          total: String @override(from: "monolith") @requires(fields: "tax")
          extra: String
        }
        type User @key(fields: "id") { id: ID! name: String @override(from: "gone") @shareable since: Int }
      `,
      resolvers: {
        Query: { moved: fresh, newBill: () => ({ id: '2' }) },
        Bill: {
          __resolveReference: ref => ref,
          amount: fresh,
          status: fresh,
          total: ({ tax }) => `new with ${tax}`,
          extra: () => 'extra',
        },
        User: { __resolveReference: ref => ref, name: fresh, since: () => 2020 },
      },
    },
    labelled: {
      typeDefs: `
        type Query { staying: String @override(from: "monolith", label: "percent(100)") }
      `,
      resolvers: { Query: { staying: fresh } },
    },
  },
  add => {
    add('takes an overridden root field from its new subgraph', {
      query: '{ moved }',
      data: { moved: 'new' },
      requests: 1,
      asked: ({ billing }) => expect(billing?.requests).toHaveLength(1),
    });
    add('takes an overridden field of an entity from its new subgraph', {
      query: '{ bills { id amount } }',
      data: { bills: [{ id: '1', amount: 'new' }] },
      requests: 2,
    });
    add('takes an overridden field on the spot where the entity comes from its new subgraph', {
      query: '{ newBill { amount extra } }',
      data: { newBill: { amount: 'new', extra: 'extra' } },
      requests: 1,
    });
    add('leaves a field where it was while a progressive override is not switched on', {
      query: '{ bills { status } }',
      data: { bills: [{ status: 'old' }] },
      requests: 1,
    });
    add('takes a field from its new subgraph where a progressive override is for all requests', {
      query: '{ staying }',
      data: { staying: 'new' },
      requests: 1,
    });
    add('goes back to the old subgraph for a field under progressive override', {
      query: '{ newBill { status amount } }',
      data: { newBill: { status: 'old', amount: 'new' } },
      requests: 2,
    });
    add('sends the fields that an overriding field requires', {
      query: '{ bills { total } }',
      data: { bills: [{ total: 'new with tax' }] },
      requests: 2,
    });
    add('overrides from a subgraph that there is no more', {
      query: '{ bills { payer { since } } }',
      data: { bills: [{ payer: { since: 2020 } }] },
      requests: 2,
    });
  },
);
