import type { SubgraphDefinition } from '../shared/definition.ts';
import { readSchemaFile } from '../shared/schema-file.ts';
import type { OrdersContext } from './context.ts';
import { createOrdersData } from './data.ts';
import { createOrdersLoaders } from './loaders.ts';
import { ordersResolvers } from './resolvers.ts';

export const ordersSubgraph: SubgraphDefinition<OrdersContext> = {
  name: 'orders',
  port: 4002,
  typeDefs: readSchemaFile('orders'),
  resolvers: ordersResolvers,
  open: now => {
    const data = createOrdersData();
    return ({ caller, observe }) => ({ data, caller, now, loaders: createOrdersLoaders(data, observe) });
  },
};
