import type { SubgraphDefinition } from '../shared/definition.ts';
import { readSchemaFile } from '../shared/schema-file.ts';
import type { UsersContext } from './context.ts';
import { createUsersData } from './data.ts';
import { createUsersLoaders } from './loaders.ts';
import { usersResolvers } from './resolvers.ts';

export const usersSubgraph: SubgraphDefinition<UsersContext> = {
  name: 'users',
  port: 4001,
  typeDefs: readSchemaFile('users'),
  resolvers: usersResolvers,
  open: () => {
    const data = createUsersData();
    return ({ caller, observe }) => ({ data, caller, loaders: createUsersLoaders(data, observe) });
  },
};
