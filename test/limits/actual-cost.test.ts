import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendJson } from '../support/fake-subgraph.ts';
import { type Limited, post, startLimited } from './limited-graph.ts';

let gateway: Limited;
beforeAll(async () => {
  gateway = await startLimited({
    config: {
      breakers: { guard: 'declared' },
      policy: { cost: { mode: 'measure' } },
      personas: { all: { match: { default: true }, introspection: true, cost: { show: true } } },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const TYPES: Readonly<Record<string, number>> = { User: 1, Company: 4, Post: 2 };
const FIELDS: Readonly<Record<string, number>> = { 'User.avatar': 5, 'User.tags': 2 };
const ARGUMENTS: Readonly<Record<string, number>> = { 'Query.search(text:)': 3 };

type Variables = Readonly<Record<string, unknown>>;

/** The formula, by hand, over an answer as the client has it. Nothing of it is shared with the gateway's. */
function costOf(text: string, variables: Variables, data: unknown, schema: GraphQLSchema): number {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const collect = (type: GraphQLObjectType, set: SelectionSetNode, into: Map<string, FieldNode[]>) => {
    for (const selection of set.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] === false) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        into.set(key, [...(into.get(key) ?? []), selection]);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : document.definitions.find(
              node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
            );
      if (fragment === undefined || !('selectionSet' in fragment)) throw new Error('no such fragment');
      const on = 'typeCondition' in fragment ? fragment.typeCondition?.name.value : undefined;
      const wider = on === undefined ? type : schema.getType(on);
      const holds = wider === type || (isAbstractType(wider) && schema.isSubType(wider, type));
      if (holds) collect(type, fragment.selectionSet, into);
    }
    return into;
  };
  const object = (type: GraphQLObjectType, sets: readonly SelectionSetNode[], value: object): number => {
    const fields = new Map<string, FieldNode[]>();
    for (const set of sets) collect(type, set, fields);
    let cost = 0;
    for (const [key, nodes] of fields) {
      const [node] = nodes as [FieldNode];
      const name = node.name.value;
      if (name === '__typename') continue;
      for (const argument of node.arguments ?? [])
        cost += ARGUMENTS[`${type.name}.${name}(${argument.name.value}:)`] ?? 0;
      const named = getNamedType(type.getFields()[name]?.type);
      const visit = (item: unknown): number => {
        if (item === null || item === undefined) return 0;
        if (Array.isArray(item)) return item.reduce((sum: number, inner) => sum + visit(inner), 0);
        const own = isAbstractType(named) ? (item as { __typename: string }).__typename : (named?.name ?? '');
        const weight = FIELDS[`${type.name}.${name}`] ?? TYPES[own] ?? 0;
        if (!isCompositeType(named)) return weight;
        const inner = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]));
        return weight + object(schema.getType(own) as GraphQLObjectType, inner, item as object);
      };
      cost += visit((value as Record<string, unknown>)[key]);
    }
    return cost;
  };
  const root = schema.getRootType(operation.operation) as GraphQLObjectType;
  const own = operation.operation === 'mutation' ? 10 : 0;
  return own + (data === null ? 0 : object(root, [operation.selectionSet], data as object));
}

const CASES: readonly [name: string, query: string, variables: Variables, cost: number][] = [
  ['nothing but leaves', '{ motto }', {}, 0],
  ['one object', '{ me { name } }', {}, 1],
  ['a list', '{ users(first: 7) { score } }', {}, 7],
  ['weights of leaves, where they are not null', '{ users(first: 5) { avatar } }', {}, 5 + 3 * 5],
  ['leaves in lists, with nulls among them', '{ users(first: 3) { tags } }', {}, 3 + 2 * 2 * 2],
  ['lists below lists', '{ users(first: 4) { friends(first: 3) { best { name } } } }', {}, 4 + 12 + 12],
  ['a null object', '{ users(first: 5) { best { avatar } } }', {}, 5 + 4 * 6],
  ['aliases', '{ a: me { avatar } b: me { avatar } c: users(first: 2) { score } }', {}, 14],
  ['one key twice', '{ me { avatar } me { avatar name } ...F } fragment F on Query { me { avatar } }', {}, 6],
  [
    'a union, with nulls in the list',
    '{ search(text: "a") { __typename ... on User { avatar } ... on Company { name } } }',
    {},
    3 + 6 + 4,
  ],
  [
    'an interface',
    '{ profile { __typename name ... on User { score } ... on Company { id avatar } } }',
    {},
    4,
  ],
  ['entities of another subgraph', '{ users(first: 3) { posts { title } } }', {}, 3 + (1 + 2 + 3) * 2],
  [
    'one entity at many places',
    '{ users(first: 6) { best { name avatar posts { title author { name best { posts { title } } } } } } }',
    {},
    6 + 5 * (1 + 5 + (2 + 1 + 1 + 2)),
  ],
  [
    'one entity at many places, written once',
    '{ users(first: 6) { best { posts { title author { score avatar } } } } }',
    {},
    6 + 5 * (1 + 2 + 1 + 5),
  ],
  [
    'one entity at many places, with other selections',
    '{ me { posts { title } avatar } users(first: 4) { posts { title } best { posts { author { avatar } } tags } } }',
    {},
    1 + 2 + 5 + (4 + (1 + 2 + 3 + 3) * 2 + 3 * (1 + (2 + 6) + 4)),
  ],
  [
    'what is included',
    'query ($a: Boolean!) { me @include(if: $a) { avatar } users(first: 1) { name tags @skip(if: $a) } }',
    { a: true },
    7,
  ],
  [
    'what is skipped',
    'query ($a: Boolean!) { me @include(if: $a) { avatar } users(first: 1) { name tags @skip(if: $a) } }',
    { a: false },
    5,
  ],
  ['a mutation', 'mutation { rename(name: "x") { name best { avatar } } }', {}, 10 + 1 + 6],
];

describe('the actual cost is what the formula says of the answer:', () => {
  test.each(CASES)('%s', async (_, query, variables, cost) => {
    const schema = gateway.gateway.generation().apiSchema;
    // The first, one that is recorded, and one that is replayed.
    for (let time = 0; time < 3; time++) {
      const { body, codes } = await post(gateway, query, { variables });
      expect(codes).toEqual([]);
      const { estimated, actual } = body.extensions.cost;
      expect(actual).toBe(costOf(query, variables, body.data, schema));
      expect(actual).toBe(cost);
      expect(actual).toBeLessThanOrEqual(estimated);
    }
    const together = await Promise.all([1, 2, 3].map(() => post(gateway, query, { variables })));
    expect(together.map(({ body }) => body.extensions.cost.actual)).toEqual([cost, cost, cost]);
  });
});

describe('where something failed', () => {
  const dear = 'users(first: 3) { avatar tags }';
  const both = '{ users(first: 3) { avatar friends(first: 2) { score } posts { title } } }';

  test('what came and went with a null beside it is counted', async () => {
    gateway.posts.respond = (_, response) => sendJson(response, { errors: [{ message: 'no' }], data: null });
    // Posts are never null, so each user is, and so is the answer: all that came is counted.
    const { data, cost, codes } = await post(gateway, both);
    gateway.posts.respond = undefined;
    expect({ data, codes: codes.length > 0 }).toEqual({ data: null, codes: true });
    expect(cost).toMatchObject({ actual: 3 + 2 * 5 + 3 * 2 });
  });

  test('wherever a field stands that fails and is never null', async () => {
    const actual: unknown[] = [];
    for (const query of [`{ ${dear} advice }`, `{ advice ${dear} }`]) {
      const users = [{ avatar: 'a', tags: ['x'] }, null, { tags: [] }];
      gateway.people.respond = (_, response) => sendJson(response, { data: { advice: null, users } });
      const { data, cost } = await post(gateway, query);
      gateway.people.respond = undefined;
      actual.push(data, cost);
    }
    const cost = expect.objectContaining({ actual: 2 + 5 + 2 });
    expect(actual).toEqual([null, cost, null, cost]);
  });

  test('a sound part beside it costs what it does without', async () => {
    const query = '{ everybody { avatar } me { posts { title } } }';
    const sound = await post(gateway, '{ everybody { avatar } }');
    gateway.posts.respond = (_, response) => sendJson(response, { errors: [{ message: 'no' }], data: null });
    const { data, cost } = await post(gateway, query);
    gateway.posts.respond = undefined;
    expect(data).toMatchObject({ me: null, everybody: { length: 15 } });
    expect(cost).toMatchObject({ actual: (sound.cost as { actual: number }).actual + 1 });
  });

  test('both ways of writing an answer count the same', async () => {
    const schema = gateway.gateway.generation().apiSchema;
    for (const [, query, variables, cost] of CASES.filter(([, text]) => text.startsWith('{'))) {
      // A failure beside it has the whole answer written with care.
      const careful = query.replace('{', '{ broken: tip ');
      gateway.people.respond = undefined;
      const { body } = await post(gateway, careful, { variables });
      expect(body.extensions.cost.actual).toBe(cost);
      const failing = await withFailure(careful, variables);
      expect(failing.codes).toEqual(['SUBGRAPH_ERROR']);
      expect(failing.body.extensions.cost.actual).toBe(costOf(careful, variables, failing.body.data, schema));
      expect(failing.body.extensions.cost.actual).toBe(cost);
    }
  });
});

/** The first subgraph answers as ever, and says of one field that it failed. */
async function withFailure(query: string, variables: Variables) {
  const { buildSubgraphSchema } = await import('@apollo/subgraph');
  const { people } = await import('./limited-graph.ts');
  const { execute } = await import('graphql');
  const schema = buildSubgraphSchema({ typeDefs: parse(people.typeDefs), resolvers: people.resolvers ?? {} });
  gateway.people.respond = async (seen, response) => {
    const result = await execute({ schema, document: parse(seen.query), variableValues: seen.variables });
    if (result.data?.['broken'] === undefined) return sendJson(response, result);
    sendJson(response, {
      data: { ...result.data, broken: null },
      errors: [{ message: 'no', path: ['broken'] }],
    });
  };
  const reply = await post(gateway, query, { variables });
  gateway.people.respond = undefined;
  return reply;
}

test('introspection costs little, and no more than it was estimated at', async () => {
  const query = '{ __schema { types { name fields { name type { name } } } } me { name } }';
  const { cost, data } = await post(gateway, query);
  expect(data).toMatchObject({ me: { name: 'user 0' } });
  expect(cost).toMatchObject({ estimated: 2, actual: 2 });
});
