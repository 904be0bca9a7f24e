import { expect } from 'vitest';
import { federation } from '../support/federation-case.ts';

const media = [
  { __typename: 'Movie', id: 'm1', title: 'Alien', minutes: 117 },
  { __typename: 'Song', id: 's1', title: 'Help', artist: 'The Beatles' },
  { __typename: 'Movie', id: 'm2', title: 'Brazil', minutes: 142 },
];
const mediaOf = ({ id }: { id: string }) => media.find(item => item.id === id);

federation(
  '@interfaceObject',
  {
    catalog: {
      typeDefs: `
        type Query { media: [Media!]! movie: Movie }
        interface Media @key(fields: "id") { id: ID! title: String }
        type Movie implements Media @key(fields: "id") { id: ID! title: String minutes: Int }
        type Song implements Media @key(fields: "id") { id: ID! title: String artist: String }
      `,
      resolvers: {
        Query: { media: () => media, movie: () => media[0] },
        Media: { __resolveReference: mediaOf },
        Movie: { __resolveReference: mediaOf },
        Song: { __resolveReference: mediaOf },
      },
    },
    ratings: {
      typeDefs: `
        type Query { best: Media rated: [Media!]! }
        type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int critics: [Critic!]! similar: Media }
        type Critic { name: String likes: Media }
      `,
      resolvers: {
        Query: { best: () => ({ id: 'm2' }), rated: () => [{ id: 's1' }, { id: 'm1' }] },
        Media: {
          __resolveReference: ref => ref,
          stars: ({ id }) => (id === 's1' ? 5 : 3),
          critics: ({ id }) => [{ name: `critic of ${id}`, likes: { id: 's1' } }],
          similar: ({ id }) => ({ id: id === 'm1' ? 'm2' : 'm1' }),
        },
      },
    },
    lists: {
      typeDefs: `
        type Media @key(fields: "id") @interfaceObject {
          id: ID!
          title: String @external
          stars: Int @external
          label: String @requires(fields: "title stars")
        }
      `,
      resolvers: {
        Media: {
          __resolveReference: ref => ref,
          label: ({ title, stars }) => `${title} ${'*'.repeat(stars)}`,
        },
      },
    },
  },
  add => {
    add('adds a field to every implementation', {
      query: '{ media { title stars } }',
      data: {
        media: [
          { title: 'Alien', stars: 3 },
          { title: 'Help', stars: 5 },
          { title: 'Brazil', stars: 3 },
        ],
      },
      requests: 2,
    });
    add('names the entity by its interface when it asks the interface object', {
      query: '{ media { stars } }',
      data: { media: [{ stars: 3 }, { stars: 5 }, { stars: 3 }] },
      requests: 2,
      asked: ({ ratings }) => {
        expect(ratings?.requests[0]?.variables['representations']).toContainEqual({
          __typename: 'Media',
          id: 'm1',
        });
      },
    });
    add('adds a field to a concrete type', {
      query: '{ movie { __typename minutes stars } }',
      data: { movie: { __typename: 'Movie', minutes: 117, stars: 3 } },
      requests: 2,
    });
    add('answers from the interface object alone where nothing else is selected', {
      query: '{ best { id stars } }',
      data: { best: { id: 'm2', stars: 3 } },
      requests: 1,
    });
    add('asks the subgraph with the implementations for the type name', {
      query: '{ best { __typename stars } rated { kind: __typename } }',
      data: {
        best: { __typename: 'Movie', stars: 3 },
        rated: [{ kind: 'Song' }, { kind: 'Movie' }],
      },
      requests: 2,
    });
    add('asks for fields of the interface from the interface object', {
      query: '{ rated { title stars } }',
      data: {
        rated: [
          { title: 'Help', stars: 5 },
          { title: 'Alien', stars: 3 },
        ],
      },
      requests: 2,
    });
    add('asks for fragments on implementations from the interface object', {
      query: '{ rated { stars ... on Movie { minutes } ... on Song { artist } } }',
      data: {
        rated: [
          { stars: 5, artist: 'The Beatles' },
          { stars: 3, minutes: 117 },
        ],
      },
      requests: 2,
    });
    add('adds a field in fragments on implementations only', {
      query: '{ media { ... on Movie { stars } title } }',
      data: {
        media: [{ stars: 3, title: 'Alien' }, { title: 'Help' }, { stars: 3, title: 'Brazil' }],
      },
      requests: 2,
    });
    add('goes from one interface object to the next and back', {
      query: '{ best { similar { similar { title } stars } } }',
      data: { best: { similar: { similar: { title: 'Brazil' }, stars: 3 } } },
      requests: 2,
    });
    add('finds interface objects inside lists of other objects', {
      query: '{ rated { critics { name likes { title ... on Song { artist } } } } }',
      data: {
        rated: ['s1', 'm1'].map(id => ({
          critics: [{ name: `critic of ${id}`, likes: { title: 'Help', artist: 'The Beatles' } }],
        })),
      },
      requests: 2,
    });
    add('requires fields of the interface and of another interface object', {
      query: '{ media { label } }',
      data: { media: [{ label: 'Alien ***' }, { label: 'Help *****' }, { label: 'Brazil ***' }] },
      requests: 3,
    });
    add('requires fields where the entity starts as an interface object', {
      query: '{ best { label } movie { label minutes } }',
      data: { best: { label: 'Brazil ***' }, movie: { label: 'Alien ***', minutes: 117 } },
      requests: 5,
    });
  },
);

federation(
  'an @interfaceObject whose entity is not there',
  {
    owner: {
      typeDefs: `
        type Query { anything: Thing }
        interface Thing @key(fields: "id") { id: ID! name: String }
        type Stone implements Thing @key(fields: "id") { id: ID! name: String }
      `,
      resolvers: { Query: { anything: () => null }, Thing: { __resolveReference: () => null } },
    },
    extension: {
      typeDefs: `
        type Query { thing: Thing }
        type Thing @key(fields: "id") @interfaceObject { id: ID! size: Int }
      `,
      resolvers: { Query: { thing: () => ({ id: '1', size: 2 }) } },
    },
  },
  add => {
    add('has null fields of the interface', {
      query: '{ thing { size name } }',
      data: { thing: { size: 2, name: null } },
      requests: 2,
    });
    add('leaves out what is selected for implementations', {
      query: '{ thing { size ... on Stone { name } } }',
      data: { thing: { size: 2 } },
      requests: { native: 4, apollo: 2 },
    });
    add('is null with an error where its type name is asked for', {
      query: '{ thing { size __typename } }',
      data: { thing: null },
      errors: [{ code: 'SUBGRAPH_BAD_RESPONSE', path: ['thing', '__typename'] }],
      requests: 2,
    });
  },
);
