import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { FailureLog } from './failures.ts';

/**
 * Adds what a fetch brought to an object of the response. Objects below the target may be shared with other
 * places, so where two fetches filled the same field the target gets a merged copy and nothing shared changes.
 */
export function mergeInto(target: JsonObject, source: JsonObject, failures: FailureLog): void {
  for (const key in source) {
    // A subgraph may answer with a key of this name; assigning it would change the object's prototype.
    if (key === '__proto__') continue;
    const value = source[key] as Json;
    const current = target[key];
    if (current === undefined || current === null) target[key] = value;
    else if (value !== null && current !== value) target[key] = mergedCopy(current, value, failures);
  }
}

function mergedCopy(current: Json, value: Json, failures: FailureLog): Json {
  if (isJsonObject(current) && isJsonObject(value)) {
    const copy: JsonObject = { ...current };
    failures.moved(current, copy);
    mergeInto(copy, value, failures);
    return copy;
  }
  if (Array.isArray(current) && Array.isArray(value) && current.length === value.length) {
    const copy = current.map((item, index) => mergedItem(item, value[index] ?? null, failures));
    failures.moved(current, copy);
    return copy;
  }
  return value;
}

function mergedItem(current: Json, value: Json, failures: FailureLog): Json {
  if (value === null) return current;
  return current === null ? value : mergedCopy(current, value, failures);
}
