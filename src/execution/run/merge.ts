import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';

/** Deeper than any operation: two replies that nest without end would take all the stack there is. */
const MOST_LEVELS = 1_000;

/**
 * Adds what a fetch brought to an object of the response, in place: fetches that run at the same time hold
 * objects below it as their targets, so none of them may be replaced. An object that stands at several places
 * is the same entity at each, and a response key means one thing, so what is added is right at every place.
 */
export function mergeInto(target: JsonObject, source: JsonObject): void {
  mergeObjects(target, source, 0);
}

function mergeObjects(target: JsonObject, source: JsonObject, level: number): void {
  for (const key in source) {
    // A subgraph may answer with a key of this name; assigning it would change the object's prototype.
    if (key === '__proto__') continue;
    const value = source[key] as Json;
    const current = target[key];
    if (current === undefined || current === null) target[key] = value;
    else if (value !== null && current !== value) target[key] = merged(current, value, level + 1);
  }
}

/** The current value with the new one worked in; the new one where they cannot be merged. */
function merged(current: Json, value: Json, level: number): Json {
  if (level > MOST_LEVELS) return value;
  if (isJsonObject(current) && isJsonObject(value)) {
    mergeObjects(current, value, level);
    return current;
  }
  if (!Array.isArray(current) || !Array.isArray(value) || current.length !== value.length) return value;
  for (let index = 0; index < value.length; index++) {
    const now = current[index] ?? null;
    const next = value[index] ?? null;
    if (next !== null && now !== next) current[index] = now === null ? next : merged(now, next, level + 1);
  }
  return current;
}
