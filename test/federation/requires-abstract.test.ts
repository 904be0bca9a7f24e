import { federation } from '../support/federation-case.ts';

const nodes: Record<string, object> = {
  v1: { __typename: 'Video', id: 'v1', length: 60, codec: 'av1' },
  t1: { __typename: 'Text', id: 't1', words: 500, tone: 'dry' },
  s1: { __typename: 'Silence', id: 's1' },
};
const posts = [
  { id: '1', body: nodes['v1'], media: nodes['v1'], extras: [nodes['v1'], nodes['t1']] },
  { id: '2', body: nodes['t1'], media: null, extras: [] },
  { id: '3', body: nodes['s1'], media: nodes['t1'], extras: [nodes['s1'], null, nodes['v1']] },
];

federation(
  '@requires through interfaces and unions',
  {
    content: {
      typeDefs: `
        type Query { posts: [Post!]! }
        type Post @key(fields: "id") { id: ID! body: Body! media: Media extras: [Body]! }
        interface Body { id: ID! }
        type Video implements Body { id: ID! length: Int codec: String }
        type Text implements Body { id: ID! words: Int tone: String }
        type Silence implements Body { id: ID! }
        union Media = Video | Text
      `,
      resolvers: {
        Query: { posts: () => posts },
        Post: { __resolveReference: ({ id }) => posts.find(post => post.id === id) },
      },
    },
    reading: {
      typeDefs: `
        type Query { saved: [Post!]! }
        type Post @key(fields: "id") {
          id: ID!
          body: Body! @external
          media: Media @external
          extras: [Body]! @external
          minutes: String @requires(fields: "body { id ... on Video { length } ... on Text { words } }")
          mediaInfo: String @requires(fields: "media { __typename ... on Video { codec length } ... on Text { words } }")
          summary: String @requires(fields: "extras { ... on Text { words } ... on Video { length } }")
          ids: String @requires(fields: "extras { id }")
        }
        interface Body { id: ID! }
        type Video implements Body { id: ID! @external length: Int @external codec: String @external }
        type Text implements Body { id: ID! @external words: Int @external }
        type Silence implements Body { id: ID! @external }
        union Media = Video | Text
      `,
      resolvers: {
        Query: { saved: () => [{ id: '2' }, { id: '1' }] },
        Post: {
          __resolveReference: ref => ref,
          minutes: ({ body }) => `${body.id}:${body.length ?? body.words ?? 'none'}`,
          mediaInfo: ({ media }) => media && `${media.__typename}:${media.codec ?? media.words}`,
          summary: ({ extras }) =>
            extras
              .map(
                (extra: { words?: number; length?: number } | null) =>
                  extra && (extra.words ?? extra.length ?? 'none'),
              )
              .join(),
          ids: ({ extras }) => extras.map((extra: { id: string } | null) => extra?.id).join(),
        },
      },
    },
  },
  add => {
    add('sends what each implementation has', {
      query: '{ posts { minutes } }',
      data: { posts: [{ minutes: 'v1:60' }, { minutes: 't1:500' }, { minutes: 's1:none' }] },
      requests: 2,
    });
    add('sends what each union member has, and null for no member', {
      query: '{ posts { mediaInfo } }',
      data: { posts: [{ mediaInfo: 'Video:av1' }, { mediaInfo: null }, { mediaInfo: 'Text:500' }] },
      requests: 2,
    });
    add('sends lists of mixed types with nulls between them', {
      query: '{ posts { summary } }',
      data: { posts: [{ summary: '60,500' }, { summary: '' }, { summary: 'none,,60' }] },
      requests: 2,
    });
    add('sends a field of the interface itself', {
      query: '{ posts { ids } }',
      data: { posts: [{ ids: 'v1,t1' }, { ids: '' }, { ids: 's1,,v1' }] },
      requests: 2,
    });
    add('keeps the selections of the client apart from those of the requirement', {
      query: `{ posts {
        body { __typename ... on Video { length: codec } ... on Text { length: tone } }
        minutes
        media { ... on Text { words } }
        mediaInfo
      } }`,
      data: {
        posts: [
          {
            body: { __typename: 'Video', length: 'av1' },
            minutes: 'v1:60',
            media: {},
            mediaInfo: 'Video:av1',
          },
          { body: { __typename: 'Text', length: 'dry' }, minutes: 't1:500', media: null, mediaInfo: null },
          {
            body: { __typename: 'Silence' },
            minutes: 's1:none',
            media: { words: 500 },
            mediaInfo: 'Text:500',
          },
        ],
      },
      requests: 2,
    });
    add('goes to the other subgraph first where the entity comes from the reader', {
      query: '{ saved { id minutes summary } }',
      data: {
        saved: [
          { id: '2', minutes: 't1:500', summary: '' },
          { id: '1', minutes: 'v1:60', summary: '60,500' },
        ],
      },
      requests: 3,
    });
  },
);
