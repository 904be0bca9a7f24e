import type { SubgraphFetch } from '../fetch/subgraph-fetch.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { ErrorPolicy } from '../run/record-failures.ts';

/** What every plan of a generation is compiled with. */
export interface CompileContext {
  readonly ask: SubgraphFetch;
  readonly isSubtype: SubtypeCheck;
  readonly errorsOf: (subgraph: string) => ErrorPolicy;
}
