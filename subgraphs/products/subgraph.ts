import type { SubgraphDefinition } from '../shared/definition.ts';
import { readSchemaFile } from '../shared/schema-file.ts';
import type { ProductsContext } from './context.ts';
import { createProductsData } from './data.ts';
import { createProductsLoaders } from './loaders.ts';
import { productsResolvers } from './resolvers.ts';

export const productsSubgraph: SubgraphDefinition<ProductsContext> = {
  name: 'products',
  port: 4003,
  typeDefs: readSchemaFile('products'),
  resolvers: productsResolvers,
  open: now => {
    const data = createProductsData();
    return ({ caller, observe }) => ({
      data,
      caller,
      now,
      loaders: createProductsLoaders(data, observe),
    });
  },
};
