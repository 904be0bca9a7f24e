import type { ObjectShape, ValueShape } from './shape.ts';

/** Fields of a shape, each type's own: what its memory, and that of the code made of it, grows with. */
export function sizeOfShape(root: ObjectShape): number {
  const seen = new Set<ObjectShape>([root]);
  let size = 0;
  // A set hands out what is added to it while it is walked.
  for (const { variants, untyped } of seen) {
    for (const fields of [...variants.values(), untyped?.fields ?? []]) {
      size += fields.length;
      for (const { value } of fields) {
        const below = objectOf(value);
        if (below !== null) seen.add(below);
      }
    }
  }
  return size;
}

function objectOf(value: ValueShape): ObjectShape | null {
  if (value.kind === 'list') return objectOf(value.of);
  return value.kind === 'object' ? value.shape : null;
}
