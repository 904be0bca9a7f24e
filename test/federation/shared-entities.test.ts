import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const friends: Record<string, string[]> = { '1': ['2', '3'], '2': ['1'], '3': ['1', '2', '3'] };

federation(
  'entities that stand at many places',
  {
    people: {
      typeDefs: `
        type Query { person(id: ID!): Person! everyone: [Person!]! pairs: [[Person!]!]! }
        type Person @key(fields: "id") { id: ID! name: String! team: Team! }
        type Team @key(fields: "id") { id: ID! lead: Person! }
      `,
      resolvers: {
        Query: {
          person: (_, { id }) => ({ id }),
          everyone: () => [{ id: '1' }, { id: '2' }, { id: '3' }],
          pairs: () => [[{ id: '1' }, { id: '2' }], [], [{ id: '2' }]],
        },
        Person: { __resolveReference: ref => ref, name: ({ id }) => `p${id}`, team: () => ({ id: 't' }) },
        Team: { __resolveReference: ref => ref, lead: () => ({ id: '1' }) },
      },
    },
    social: {
      typeDefs: `
        type Person @key(fields: "id") { id: ID! friends: [Person!]! best: Person score(of: Int!): Int }
        type Team @key(fields: "id") { id: ID! members: [Person!]! motto: String }
      `,
      resolvers: {
        Person: {
          __resolveReference: ref => ref,
          friends: ({ id }) => (friends[id] ?? []).map(friend => ({ id: friend })),
          best: ({ id }) => (id === '3' ? null : { id: '3' }),
          score: ({ id }, { of }) => Number(id) * of,
        },
        Team: {
          __resolveReference: ref => ref,
          members: () => [{ id: '1' }, { id: '2' }, { id: '3' }],
          motto: () => 'go',
        },
      },
    },
  },
  add => {
    add('are friends of their friends of their friends', {
      query: '{ person(id: 1) { friends { name friends { name friends { name } } } } }',
      data: {
        person: {
          friends: (friends['1'] ?? []).map(a => ({
            name: `p${a}`,
            friends: (friends[a] ?? []).map(b => ({
              name: `p${b}`,
              friends: (friends[b] ?? []).map(c => ({ name: `p${c}` })),
            })),
          })),
        },
      },
      requests: 3,
    });
    add('lead back to themselves through both subgraphs', {
      query: '{ person(id: 1) { team { lead { friends { team { motto lead { name } } } } } } }',
      data: {
        person: {
          team: {
            lead: {
              friends: [
                { team: { motto: 'go', lead: { name: 'p1' } } },
                { team: { motto: 'go', lead: { name: 'p1' } } },
              ],
            },
          },
        },
      },
      requests: 4,
    });
    add('have other selections at each place', {
      query: `{ person(id: 1) { name best { name } } everyone { id friends { id } }
        again: person(id: 1) { best { score(of: 2) friends { name } } } }`,
      data: {
        person: { name: 'p1', best: { name: 'p3' } },
        everyone: ['1', '2', '3'].map(id => ({ id, friends: (friends[id] ?? []).map(f => ({ id: f })) })),
        again: { best: { score: 6, friends: [{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }] } },
      },
      requests: 3,
    });
    add('have other arguments at each depth under one alias', {
      query: '{ person(id: 2) { s: score(of: 1) best { s: score(of: 10) friends { s: score(of: 100) } } } }',
      data: { person: { s: 2, best: { s: 30, friends: [{ s: 100 }, { s: 200 }, { s: 300 }] } } },
      requests: 2,
    });
    add('stand in lists of lists', {
      query: '{ pairs { name best { name } } }',
      data: {
        pairs: [
          [
            { name: 'p1', best: { name: 'p3' } },
            { name: 'p2', best: { name: 'p3' } },
          ],
          [],
          [{ name: 'p2', best: { name: 'p3' } }],
        ],
      },
      requests: 3,
      asked: ({ social }) => {
        expect(Object.values(social?.requests[0]?.variables ?? {}).flat()).toHaveLength(2);
      },
    });
    add('are null at one place and not at another', {
      query: '{ everyone { best { best { name } } } }',
      data: { everyone: [{ best: { best: null } }, { best: { best: null } }, { best: null }] },
      requests: 2,
    });
    add('stand many times below each other without a request for each', {
      query: '{ everyone { team { members { team { members { team { motto members { name } } } } } } } }',
      data: {
        everyone: Array(3).fill({
          team: {
            members: Array(3).fill({
              team: {
                members: Array(3).fill({
                  team: { motto: 'go', members: [{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }] },
                }),
              },
            }),
          },
        }),
      },
      requests: 5,
      asked: subgraphs => {
        for (const { requests } of Object.values(subgraphs)) {
          for (const { variables } of requests) {
            expect(Object.values(variables).flat().length).toBeLessThanOrEqual(3);
          }
        }
      },
    });
  },
);
