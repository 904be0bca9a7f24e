import type { Json, JsonObject } from '../../shared/json.ts';
import type { Rewrite } from '../plan.ts';
import { compileOutputRewrites } from './output-rewrites.ts';
import type { DropUnasked } from './unasked-keys.ts';

/**
 * Makes of a subgraph's answer, in place, what is to be merged. Once for each: what has been merged belongs to others too.
 * @param typeName of the object that an entity is for
 */
export type Prepare = (answer: JsonObject, typeName?: Json) => void;

/** Null where there is nothing to do. */
export function compilePrepare(
  rewrites: readonly Rewrite[],
  dropUnasked: DropUnasked | null,
): Prepare | null {
  const rewrite = compileOutputRewrites(rewrites);
  if (rewrite === null || dropUnasked === null) return rewrite ?? dropUnasked;
  return (answer, typeName) => {
    rewrite(answer);
    dropUnasked(answer, typeName);
  };
}
