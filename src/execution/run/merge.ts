import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';

/**
 * Adds what a fetch brought to an object of the response, in place: fetches that run at the same time hold
 * objects below it as their targets, so none of them may be replaced. An object that stands at several places
 * is the same entity at each, and a response key means one thing, so what is added is right at every place.
 */
export function mergeInto(target: JsonObject, source: JsonObject): void {
  for (const key in source) {
    // A subgraph may answer with a key of this name; assigning it would change the object's prototype.
    if (key === '__proto__') continue;
    const value = source[key] as Json;
    const current = target[key];
    if (current === undefined || current === null) target[key] = value;
    else if (value !== null && current !== value) target[key] = merged(current, value);
  }
}

/** The current value with the new one worked in; the new one where they cannot be merged. */
function merged(current: Json, value: Json): Json {
  if (isJsonObject(current) && isJsonObject(value)) {
    mergeInto(current, value);
    return current;
  }
  if (!Array.isArray(current) || !Array.isArray(value) || current.length !== value.length) return value;
  for (let index = 0; index < value.length; index++) {
    const now = current[index] ?? null;
    const next = value[index] ?? null;
    if (next !== null && now !== next) current[index] = now === null ? next : merged(now, next);
  }
  return current;
}
