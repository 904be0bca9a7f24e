import type { FetchCaching } from '../../cache/entities/fetch-caching.ts';
import type { Guarding } from '../guard/guarding.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { ErrorPolicy } from '../run/record-failures.ts';

/** What every plan of a generation is compiled with. */
export interface CompileContext {
  readonly isSubtype: SubtypeCheck;
  readonly errorsOf: (subgraph: string) => ErrorPolicy;
  /** Null: no field has a breaker or a fallback. */
  readonly guarding: Guarding | null;
  /** Null: nothing is kept of what subgraphs answer. */
  readonly caching: FetchCaching | null;
}
