import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { parse } from 'graphql';
import type { PlannableOperation } from '../planner.ts';

/**
 * Apollo's planner over one supergraph. Building it takes up to seconds and so may each plan, so it belongs
 * on a thread of its own.
 * @throws Error when it cannot read the supergraph.
 */
export function createApolloPlanning(supergraphSdl: string): (operation: PlannableOperation) => QueryPlan {
  // The gateway checked which features the supergraph needs when it loaded it; the planner's copy has no more.
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null, validateSupergraph: false });
  // Without fragments in subgraph operations, fetches can be merged whatever their fragments are called.
  const planner = new QueryPlanner(supergraph, { reuseQueryFragments: false });
  const schema = supergraph.apiSchema();
  return ({ text, name, overrides }) => {
    const document = parse(text, { noLocation: true });
    const operation = operationFromDocument(schema, document, {
      validate: false,
      ...(name === null ? {} : { operationName: name }),
    });
    // Those that are not named are off.
    const overrideConditions = new Map(overrides.labels.map(label => [label, true]));
    return planner.buildQueryPlan(operation, { overrideConditions });
  };
}
