import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner as ApolloPlanner } from '@apollo/query-planner';
import { QueryPlanner as NativePlanner } from '@graphql-hive/router-query-planner';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';

interface SupergraphFile {
  readonly federation_version: string;
  readonly subgraphs: Readonly<Record<string, { routing_url: string; schema: { file: string } }>>;
}

function readSupergraphFile(): SupergraphFile {
  return parseYaml(readFileSync('supergraph.yaml', 'utf8')) as SupergraphFile;
}

function compose() {
  const services = Object.entries(readSupergraphFile().subgraphs).map(([name, { routing_url, schema }]) => ({
    name,
    url: routing_url,
    typeDefs: parse(readFileSync(schema.file, 'utf8')),
  }));
  const composed = composeServices(services);
  if (composed.errors) throw new Error(composed.errors.map(error => error.message).join('\n'));
  return composed;
}

const CROSSING = /* GraphQL */ `
  query Crossing {
    me { name discount orders { total items { product { name shippingEstimate shippingClass inStock } } } }
    products { reviews { verifiedPurchase author { name } } media { title likes } }
    search(text: "ada") { ... on User { email } ... on Order { total approvedBy { title } } }
  }
`;

describe('the example supergraph', () => {
  it('composes with no hint but that of the field that moved', () => {
    expect(compose().hints.map(hint => `${hint.definition.code} ${hint.coordinate}`)).toEqual([
      'OVERRIDDEN_FIELD_CAN_BE_REMOVED Product.inStock',
    ]);
  });

  it('names the federation version that the schemas link', () => {
    const { federation_version: version, subgraphs } = readSupergraphFile();
    expect(version).toBe('=2.9.0');
    for (const { schema } of Object.values(subgraphs)) {
      expect(readFileSync(schema.file, 'utf8')).toContain('specs.apollo.dev/federation/v2.9');
    }
  });

  it('exercises the directives of federation 2', () => {
    const written = Object.values(readSupergraphFile().subgraphs)
      .map(({ schema }) => readFileSync(schema.file, 'utf8'))
      .join('\n');
    for (const use of [
      '@key(fields: "tenant sku")',
      '@key(fields: "id organization { id }")',
      'resolvable: false',
      '@requires(fields: "price weight")',
      '@requires(fields: "author { id } product { id }")',
      '@provides(fields: "name")',
      '@override(from: "orders")',
      '@interfaceObject @key',
      '@shareable',
      '@inaccessible',
      '@tag(name: "internal")',
      '@tag(name: "mobile")',
    ]) {
      expect(written).toContain(use);
    }
  });

  it('hides inaccessible fields from the API', () => {
    const user = apiSchemaOf(compose().supergraphSdl).getType('User');
    expect(user?.toConfig()).toMatchObject({ fields: { email: expect.anything() } });
    expect(user?.toConfig()).not.toMatchObject({ fields: { loyaltyPoints: expect.anything() } });
  });

  it('is planned by both planners', () => {
    const { supergraphSdl } = compose();
    const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null });
    const operation = operationFromDocument(supergraph.apiSchema(), parse(CROSSING));
    expect(new ApolloPlanner(supergraph).buildQueryPlan(operation).node?.kind).toBe('Parallel');
    const plan = new NativePlanner(supergraphSdl).plan(CROSSING, 'Crossing', new Set(), 0);
    expect(plan).toMatchObject({ kind: 'QueryPlan' });
  });
});
