import { federation } from '../support/federation-case.ts';

const animals = [
  { __typename: 'Dog', id: 'd1', name: 'Rex', breed: 'Boxer' },
  { __typename: 'Cat', id: 'c1', name: 'Tom', lives: 9, mood: 'lazy', nicknames: ['nick'] },
  { __typename: 'Fish', id: 'f1', name: 'Dory' },
];
const animalOf = ({ id }: { id: string }) => animals.find(animal => animal.id === id);

federation(
  'interfaces whose implementations are spread over subgraphs',
  {
    zoo: {
      typeDefs: `
        type Query { animals: [Animal!]! animal(id: ID!): Animal cages: [Cage!]! grid: [[Animal]!]! }
        interface Animal { id: ID! name: String! friend: Animal }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String! breed: String friend: Animal }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String! lives: Int mood: String nicknames: [String!] friend: Animal }
        type Fish implements Animal { id: ID! name: String! friend: Animal }
        type Cage { holds: Animal }
      `,
      resolvers: {
        Query: {
          animals: () => animals,
          animal: (_, { id }) => animalOf({ id }),
          cages: () => [{ holds: animals[1] }, { holds: null }, { holds: animals[0] }],
          grid: () => [[animals[0], null], [], [animals[2], animals[0], animals[1]]],
        },
        Dog: { __resolveReference: animalOf, friend: () => animals[1] },
        Cat: { __resolveReference: animalOf, friend: () => animals[0] },
      },
    },
    vet: {
      typeDefs: `
        type Query { patients: [Patient!]! }
        interface Patient { id: ID! healthy: Boolean }
        type Dog implements Patient @key(fields: "id") { id: ID! healthy: Boolean shots: [String!] }
        type Cat implements Patient @key(fields: "id") { id: ID! healthy: Boolean }
      `,
      resolvers: {
        Query: {
          patients: () => [
            { __typename: 'Cat', id: 'c1' },
            { __typename: 'Dog', id: 'd1' },
          ],
        },
        Dog: { __resolveReference: ref => ref, healthy: () => true, shots: ({ id }) => [`shot ${id}`] },
        Cat: { __resolveReference: ref => ref, healthy: () => false },
      },
    },
  },
  add => {
    add('asks no other subgraph for fields of the interface', {
      query: '{ animals { __typename name } }',
      data: {
        animals: [
          { __typename: 'Dog', name: 'Rex' },
          { __typename: 'Cat', name: 'Tom' },
          { __typename: 'Fish', name: 'Dory' },
        ],
      },
      requests: 1,
    });
    add('asks for the implementations that have more elsewhere', {
      query: '{ animals { name ... on Dog { shots breed } ... on Cat { healthy lives } } }',
      data: {
        animals: [
          { name: 'Rex', shots: ['shot d1'], breed: 'Boxer' },
          { name: 'Tom', healthy: false, lives: 9 },
          { name: 'Dory' },
        ],
      },
      requests: 2,
    });
    add('asks nobody else when no object is of the implementation in question', {
      query: '{ animal(id: "f1") { name ... on Dog { shots } } }',
      data: { animal: { name: 'Dory' } },
      requests: 1,
    });
    add('selects through an interface that only one subgraph has', {
      query: '{ animals { id ... on Patient { healthy } } }',
      data: { animals: [{ id: 'd1', healthy: true }, { id: 'c1', healthy: false }, { id: 'f1' }] },
      requests: 2,
    });
    add('gets fields of the first subgraph for implementations of an interface of the second', {
      query: '{ patients { healthy ... on Dog { breed } ... on Animal { name } } }',
      data: {
        patients: [
          { healthy: false, name: 'Tom' },
          { healthy: true, breed: 'Boxer', name: 'Rex' },
        ],
      },
      requests: 2,
    });
    add('reaches implementations inside objects, with nulls among them', {
      query: '{ cages { holds { ... on Dog { shots } ... on Cat { healthy } } } }',
      data: { cages: [{ holds: { healthy: false } }, { holds: null }, { holds: { shots: ['shot d1'] } }] },
      requests: 2,
    });
    add('reaches implementations inside lists of lists', {
      query: '{ grid { name ... on Dog { shots } } }',
      data: {
        grid: [
          [{ name: 'Rex', shots: ['shot d1'] }, null],
          [],
          [{ name: 'Dory' }, { name: 'Rex', shots: ['shot d1'] }, { name: 'Tom' }],
        ],
      },
      requests: 2,
    });
    add('goes on through fields of the interface to other implementations', {
      query: '{ animals { friend { __typename ... on Cat { healthy } friend { ... on Dog { shots } } } } }',
      data: {
        animals: [
          { friend: { __typename: 'Cat', healthy: false, friend: { shots: ['shot d1'] } } },
          { friend: { __typename: 'Dog', friend: {} } },
          { friend: null },
        ],
      },
      requests: 2,
    });
    add('gives one alias a meaning for each implementation', {
      query:
        '{ animals { ... on Dog { info: breed } ... on Cat { info: mood } ... on Fish { also: name } } }',
      data: { animals: [{ info: 'Boxer' }, { info: 'lazy' }, { also: 'Dory' }] },
      requests: 1,
    });
    add('tells fields of two subgraphs apart that have one alias', {
      query: '{ animals { ... on Dog { x: shots } ... on Cat { x: nicknames } } }',
      data: { animals: [{ x: ['shot d1'] }, { x: ['nick'] }, {}] },
      requests: 2,
    });
  },
);
