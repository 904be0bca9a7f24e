import type { SubgraphConfig } from '../config/execution.ts';
import type { RequestRule } from '../config/header-rules.ts';
import { compilePattern } from '../shared/linear-pattern.ts';

/** Headers by which clients say who they are, or prove it. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key'];

/** Whether a subgraph gets to know who asks: what every one is told, or by a rule of its own. */
export function tellsWhoAsks({ identity, headers }: SubgraphConfig): boolean {
  return identity || headers.request.some(doesRule);
}

function doesRule({ insert, propagate }: RequestRule): boolean {
  if (insert !== undefined)
    return insert.claim !== undefined || insert.from === 'subject' || insert.from === 'tenant';
  if (propagate === undefined) return false;
  const { name, pattern } = propagate;
  if (pattern === undefined) return CREDENTIALS.includes(name?.toLowerCase() ?? '');
  const matches = compilePattern(pattern);
  return CREDENTIALS.some(matches);
}
