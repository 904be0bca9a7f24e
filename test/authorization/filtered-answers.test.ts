import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type GraphQLSchema,
  isAbstractType,
  Kind,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ordersSubgraph } from '../../subgraphs/orders/subgraph.ts';
import { productsSubgraph } from '../../subgraphs/products/subgraph.ts';
import { createRandom, integer, pick, type Random } from '../../subgraphs/shared/random.ts';
import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';
import { type SubgraphName, startSubgraph } from '../../subgraphs/start-subgraph.ts';
import { usersSubgraph } from '../../subgraphs/users/subgraph.ts';
import { composeSupergraph } from '../support/compose.ts';
import { type GeneratedOperation, generateOperations } from '../support/generate-operations.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';
import { filteredAnswer, type Guards, lackingOf, withTypeNames } from './oracle.ts';

const NOW = Date.parse('2025-03-01T12:00:00.000Z');
const DEFINITIONS = [usersSubgraph, ordersSubgraph, productsSubgraph];
const SCOPES = ['s1', 's2', 's3', 's4', 's5', 's6'];
const SEEDS = [1, 2, 3];
const OPERATIONS_PER_SEED = 40;

const running: RunningSubgraph[] = [];
const schemas = new Map<string, GraphQLSchema>();
let issuer: RunningIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  for (const { name, typeDefs } of DEFINITIONS) {
    running.push(await startSubgraph(name as SubgraphName, { port: 0, now: () => NOW }));
    schemas.set(name, buildSubgraphSchema(parse(typeDefs)));
  }
});
afterAll(async () => {
  for (const part of [issuer, ...running]) await part[Symbol.asyncDispose]();
});

const ACCESS = /^(authenticated|requiresScopes|policy)$/;

/** The example supergraph with other guards than its own, on fields and types picked at random. */
function guardAtRandom(random: Random): { readonly sdl: string; readonly guards: Guards } {
  const guards = new Map<string, string>();
  const guard = (coordinate: string, share: number) => {
    if (random() > share) return [];
    const scope = pick(random, SCOPES);
    guards.set(coordinate, scope);
    return parse(`type T @requiresScopes(scopes: [["${scope}"]])`).definitions.flatMap(node =>
      'directives' in node ? (node.directives ?? []) : [],
    );
  };
  const composed = composeSupergraph(
    DEFINITIONS.map(({ name, typeDefs }, index) => ({ name, typeDefs, url: running[index]?.url ?? '' })),
  );
  const bare = visit(parse(composed), {
    Directive: node => (ACCESS.test(node.name.value) ? null : undefined),
  });
  const sdl = visit(bare, {
    enter(node, _key, _parent, _path, ancestors) {
      if (node.kind === Kind.FIELD_DEFINITION) {
        const owner = ancestors.at(-1) ?? ancestors.at(-2);
        const type = [owner].flat().length > 1 ? ancestors.at(-2) : owner;
        if (type === undefined || !('kind' in type) || type.kind !== Kind.OBJECT_TYPE_DEFINITION)
          return undefined;
        const isRoot = type.name.value === 'Query';
        return {
          ...node,
          directives: [
            ...(node.directives ?? []),
            ...guard(`${type.name.value}.${node.name.value}`, isRoot ? 0.05 : 0.15),
          ],
        };
      }
      const mayBeGuarded =
        node.kind === Kind.ENUM_TYPE_DEFINITION ||
        node.kind === Kind.SCALAR_TYPE_DEFINITION ||
        (node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value !== 'Query');
      if (!mayBeGuarded || /__/.test(node.name.value)) return undefined;
      return { ...node, directives: [...(node.directives ?? []), ...guard(node.name.value, 0.05)] };
    },
  });
  return { sdl: print(sdl), guards };
}

/** Fields that subgraphs are asked for by nobody's wish: parts of keys and of what other fields require. */
function plannerFields(sdl: string): ReadonlySet<string> {
  const sets = [...sdl.matchAll(/(?:key|requires): "([^"]*)"/g)].map(([, set = '']) => set);
  return new Set(sets.join(' ').match(/\w+/g) ?? []);
}

async function answer(
  gateway: TestGateway<never>,
  operation: GeneratedOperation,
  scopes: Iterable<string>,
): Promise<{ data: unknown; errors?: readonly { extensions: { code: string } }[] }> {
  const authorization = `Bearer ${issuer.token({ sub: 'u-1', scope: [...scopes].join(' ') })}`;
  const response = await gateway.handle(graphqlRequest(operation, { authorization }));
  return JSON.parse(await response.text());
}

function membersOf(schema: GraphQLSchema, typeName: string): readonly string[] {
  const type = schema.getType(typeName);
  return isAbstractType(type) ? schema.getPossibleTypes(type).map(({ name }) => name) : [typeName];
}

const seen = new Map<RunningSubgraph, number>();

/** `Type.field` of everything that subgraphs have been asked for since the last time. */
function takeAsked(): readonly (readonly [string, string])[] {
  return running.flatMap(subgraph => {
    const info = new TypeInfo(schemas.get(subgraph.name) as GraphQLSchema);
    const asked: [string, string][] = [];
    const fresh = subgraph.requests - (seen.get(subgraph) ?? 0);
    seen.set(subgraph, subgraph.requests);
    for (const { query } of fresh === 0 ? [] : subgraph.lastOperations.slice(-fresh)) {
      visit(
        parse(query),
        visitWithTypeInfo(info, {
          Field({ name }) {
            if (name.value !== '__typename') asked.push([info.getParentType()?.name ?? '', name.value]);
          },
        }),
      );
    }
    return asked;
  });
}

describe.each(SEEDS)('with guards of seed %i', seed => {
  test('a caller gets what everybody gets, without what the caller lacks and what that takes along', async () => {
    const random = createRandom(seed);
    const { sdl, guards } = guardAtRandom(random);
    const ownFields = plannerFields(sdl);
    await using gateway = await startGateway({
      supergraphSdl: sdl,
      config: { identity: { jwt: { providers: [issuer.provider] } } },
    });
    const { apiSchema, access, supergraphSchema } = gateway.gateway.generation();
    const operations = generateOperations(apiSchema, { seed, count: OPERATIONS_PER_SEED, maxDepth: 5 });
    let denials = 0;
    for (const operation of operations) {
      const full = await answer(gateway, { ...operation, query: withTypeNames(operation.query) }, SCOPES);
      if (full.errors !== undefined) continue;
      takeAsked();
      const scopes = new Set(SCOPES.filter(() => integer(random, 0, 2) > 0));
      const lacks = lackingOf({ schema: apiSchema, guards, requires: access.requires, scopes });
      const question = `${[...scopes]}\n${operation.query}\n${JSON.stringify(operation.variables)}`;
      const filtered = await answer(gateway, operation, scopes);
      const expected = filteredAnswer({ schema: apiSchema, operation, full: full.data, lacks });
      expect.soft(filtered.data, question).toEqual(JSON.parse(JSON.stringify(expected.data)));
      if (expected.errors !== undefined) {
        denials++;
        expect.soft(filtered.errors?.length, question).toBeGreaterThan(0);
      }
      const codes = new Set(filtered.errors?.map(({ extensions }) => extensions.code));
      expect.soft([...codes], question).toEqual(filtered.errors === undefined ? [] : ['UNAUTHORIZED_FIELD']);
      // An interface object is asked by the interface for a field of one of its types.
      const isOpen = (type: string, field: string) =>
        membersOf(supergraphSchema, type).some(member => !lacks(member, field));
      const leaked = takeAsked().filter(([type, field]) => !ownFields.has(field) && !isOpen(type, field));
      expect.soft(leaked, question).toEqual([]);
    }
    // A property that is never put to the test proves nothing.
    expect(denials).toBeGreaterThan(OPERATIONS_PER_SEED / 5);
  });
});
