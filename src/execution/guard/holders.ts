import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { SubtypeCheck } from '../planners/subtypes.ts';
import type { GuardedField } from './guarded-fields.ts';

/** The objects below a target, or the target itself, that should have a field. */
export function holdersOf(
  target: JsonObject,
  { path, entityType }: GuardedField,
  isSubtype: SubtypeCheck,
): readonly JsonObject[] {
  const typeName = target['__typename'];
  if (entityType !== null && typeof typeName === 'string' && !isSubtype(typeName, entityType)) return [];
  let holders: JsonObject[] = [target];
  for (const key of path.slice(0, -1)) holders = holders.flatMap(holder => objectsIn(holder[key]));
  return holders;
}

function objectsIn(value: Json | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return isJsonObject(value) ? [value] : [];
}
