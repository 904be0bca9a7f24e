import { ordersSubgraph } from './orders/subgraph.ts';
import { productsSubgraph } from './products/subgraph.ts';
import { type RunningSubgraph, type ServeOptions, serveSubgraph } from './shared/serve.ts';
import { usersSubgraph } from './users/subgraph.ts';

/** As supergraph.yaml names them. */
export type SubgraphName = 'users' | 'orders' | 'products';

/** Starts one of the example subgraphs in this process, with data of its own. */
export async function startSubgraph(
  name: SubgraphName,
  options: ServeOptions = {},
): Promise<RunningSubgraph> {
  switch (name) {
    case 'users':
      return serveSubgraph(usersSubgraph, options);
    case 'orders':
      return serveSubgraph(ordersSubgraph, options);
    case 'products':
      return serveSubgraph(productsSubgraph, options);
  }
}
