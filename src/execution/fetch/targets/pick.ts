interface Pickable {
  readonly pending: number;
  readonly state: { readonly kind: 'serving' | 'ejected' };
}

/**
 * Whose turn it is: of the targets that serve and have the fewest requests in flight, the first after the last one
 * picked. A slow target has more in flight, and so gets less.
 * @param last index of the one picked before. @returns index, or -1 where none serves
 */
export function pickTarget(targets: readonly Pickable[], last: number): number {
  let best = -1;
  let fewest = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= targets.length; step++) {
    const index = (last + step) % targets.length;
    const { pending, state } = targets[index] as Pickable;
    if (state.kind === 'ejected' || pending >= fewest) continue;
    best = index;
    fewest = pending;
  }
  return best;
}
