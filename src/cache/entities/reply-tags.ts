import type { Json, JsonObject } from '../../shared/json.ts';
import { tagsNamed } from '../policy/tag-names.ts';

/** Tags that a reply has in its extensions, for each value of it. Null: they cannot be read, so nothing is to be kept. */
export type ReplyTags = (position: number) => readonly string[];

const NONE: readonly string[] = [];

/**
 * Reads `extensions.apolloCacheTags`, a list for the whole reply, and `extensions.apolloEntityCacheTags`, a list for each
 * representation, as Apollo Router does. Lists that are not one for each value of the reply hold for all of them: that
 * forgets too much, never too little.
 * @param count values of the reply
 */
export function readReplyTags(extensions: JsonObject | null, count: number): ReplyTags | null {
  const ofReply = extensions?.['apolloCacheTags'] ?? null;
  const ofEntities = extensions?.['apolloEntityCacheTags'] ?? null;
  if (ofReply === null && ofEntities === null) return () => NONE;
  const common = ofReply === null ? NONE : textsIn(ofReply);
  const lists = ofEntities === null ? [] : listsIn(ofEntities);
  if (common === null || lists === null) return null;
  if (lists.length === count) return position => tagsNamed('tag', both(common, lists[position] ?? NONE));
  const all = tagsNamed('tag', [...common, ...lists.flat()]);
  return () => all;
}

function* both(one: readonly string[], other: readonly string[]): Generator<string> {
  yield* one;
  yield* other;
}

function listsIn(value: Json): readonly (readonly string[])[] | null {
  if (!Array.isArray(value)) return null;
  const lists: (readonly string[])[] = [];
  for (const item of value) {
    const texts = item === null ? NONE : textsIn(item);
    if (texts === null) return null;
    lists.push(texts);
  }
  return lists;
}

function textsIn(value: Json): readonly string[] | null {
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) return null;
  return value as string[];
}
