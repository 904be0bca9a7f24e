import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { ResponsePath, Rewrite } from '../plan.ts';

/** Applies a planner's changes to a subgraph's answer, in place, before it is merged. Null when there are none. */
export function compileOutputRewrites(rewrites: readonly Rewrite[]): ((answer: JsonObject) => void) | null {
  if (rewrites.length === 0) return null;
  return answer => {
    for (const rewrite of rewrites) applyAt(answer, rewrite.path, rewrite);
  };
}

function applyAt(value: Json | undefined, path: ResponsePath, rewrite: Rewrite): void {
  if (Array.isArray(value)) {
    for (const item of value) applyAt(item, path, rewrite);
    return;
  }
  const [segment, ...rest] = path;
  if (!isJsonObject(value) || segment === undefined) return;
  if (segment.kind === 'list') applyAt(value, rest, rewrite);
  else if (segment.kind === 'types') {
    const typeName = value['__typename'];
    // Where the answer names no type there is nothing that could tell it from the condition's.
    if (typeName === undefined || segment.names.includes(String(typeName))) applyAt(value, rest, rewrite);
  } else if (rest.length > 0) applyAt(value[segment.key], rest, rewrite);
  else change(value, segment.key, rewrite);
}

function change(holder: JsonObject, key: string, rewrite: Rewrite): void {
  const value = holder[key];
  if (value === undefined) return;
  if (rewrite.kind === 'set') {
    holder[key] = rewrite.value;
    return;
  }
  delete holder[key];
  holder[rewrite.to] = value;
}
