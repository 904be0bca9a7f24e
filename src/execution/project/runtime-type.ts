import type { JsonObject } from '../../shared/json.ts';
import type { FieldShape, ObjectShape } from './shape.ts';

/** The fields of an object by its runtime type; undefined for a type that there is not. */
export function fieldsFor(shape: ObjectShape, value: JsonObject): readonly FieldShape[] | undefined {
  if (shape.untyped === null) return shape.variants.values().next().value;
  const typeName = value['__typename'];
  if (typeName === undefined || typeName === shape.untyped.typeName) return shape.untyped.fields;
  return typeof typeName === 'string' ? shape.variants.get(typeName) : undefined;
}

/** Points of an object by its runtime type, without its fields. */
export function costOfObject({ costs, variants, untyped }: ObjectShape, value: JsonObject): number {
  if (costs.size === 0) return 0;
  const named = value['__typename'];
  if (untyped !== null && typeof named === 'string') return costs.get(named) ?? 0;
  const [only = ''] = variants.keys();
  return costs.get(untyped?.typeName ?? only) ?? 0;
}
