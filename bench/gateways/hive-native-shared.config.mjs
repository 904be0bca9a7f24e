import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

/**
 * Equal queries in flight share one execution when all their headers are equal too. Hive has no switch for it, but
 * its makers run a plugin of this kind in the public benchmark, so it belongs beside a gateway that shares.
 */
function shareEqualQueriesInFlight() {
  const inFlight = new Map();
  return {
    onExecute({ args, context, executeFn, setExecuteFn }) {
      const operations = args.document.definitions.filter(({ kind }) => kind === 'OperationDefinition');
      if (operations.some(({ operation }) => operation !== 'query')) return;
      const { query, variables, operationName } = context.params;
      const key = JSON.stringify([query, variables, operationName, [...context.request.headers]]);
      setExecuteFn(executeArgs => {
        const known = inFlight.get(key);
        if (known) return known;
        const result = Promise.resolve(executeFn(executeArgs)).finally(() => inFlight.delete(key));
        inFlight.set(key, result);
        return result;
      });
    },
  };
}

export const gatewayConfig = defineConfig({
  logging: 'error',
  unifiedGraphHandler,
  plugins: () => [shareEqualQueriesInFlight()],
});
