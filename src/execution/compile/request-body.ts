import type { Json } from '../../shared/json.ts';
import type { FetchPlan } from '../plan.ts';

/** Writes the body of one fetch's request: what never changes is text already. */
export type WriteBody = (
  variables: Readonly<Record<string, Json>>,
  /** JSON text of the representations lists, in the order of the fetch's groups. Those of one variable are the same. */
  representations: readonly string[],
) => string;

export function compileRequestBody(fetch: FetchPlan): WriteBody {
  const name = fetch.operationName === null ? '' : `,"operationName":${JSON.stringify(fetch.operationName)}`;
  const head = `{"query":${JSON.stringify(fetch.operation)}${name}`;
  const groups = fetch.target.kind === 'entities' ? fetch.target.groups : [];
  if (groups.length === 0 && fetch.variables.length === 0) return () => `${head}}`;

  const prefixes = fetch.variables.map(variable => ({ variable, prefix: `${JSON.stringify(variable)}:` }));
  const lists = new Map(groups.map(({ variable }, index) => [variable, index]));
  const listPrefixes = [...lists].map(([variable, index]) => ({
    index,
    prefix: `${JSON.stringify(variable)}:`,
  }));
  return (variables, representations) => {
    const entries = listPrefixes.map(({ prefix, index }) => prefix + representations[index]);
    for (const { variable, prefix } of prefixes) {
      // A variable that the client left out stays out: the subgraph's default applies, as it does in the schema.
      const value = variables[variable];
      if (value !== undefined) entries.push(prefix + JSON.stringify(value));
    }
    return `${head},"variables":{${entries.join(',')}}}`;
  };
}
