import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

/**
 * What is left in old memory of short-lived work, in bytes, while only the young is collected. Whatever notes the work
 * is old itself by then, as in a gateway that has run for a while.
 * @param work does it so many times
 */
export async function growthOfOldMemory(work: (times: number) => void | Promise<void>): Promise<number> {
  await work(100);
  collect();
  const before = oldBytes();
  await work(20_000);
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  return oldBytes() - before;
}

function oldBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return space?.space_used_size ?? 0;
}
