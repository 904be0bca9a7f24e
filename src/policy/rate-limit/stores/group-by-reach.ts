/** Buckets that one script call can reach. */
export interface CallGroup<T> {
  readonly items: readonly T[];
  /** Where each of them was in what was asked. */
  readonly indices: readonly number[];
}

/** One group, except on a cluster, where a script has to keep to the keys of one owner. */
export function groupByReach<T>(
  items: readonly T[],
  ownerOf: (item: T) => string,
  isCluster: boolean,
): readonly CallGroup<T>[] {
  if (items.length === 0) return [];
  if (!isCluster) return [{ items, indices: items.map((_, i) => i) }];
  const groups = new Map<string, { items: T[]; indices: number[] }>();
  for (const [i, item] of items.entries()) {
    const owner = ownerOf(item);
    let group = groups.get(owner);
    if (group === undefined) {
      group = { items: [], indices: [] };
      groups.set(owner, group);
    }
    group.items.push(item);
    group.indices.push(i);
  }
  return [...groups.values()];
}
