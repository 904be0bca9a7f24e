import type { CacheTarget } from '../cache/policy/tag-names.ts';
import type { CachingTable } from '../supergraph/cache-directives.ts';
import type { CacheTag } from '../supergraph/cache-tags.ts';

/**
 * Tags that are named and that no `@cacheTag` can write: misspelt, unless subgraphs give them in their replies. Where
 * the schema has none at all, all are of that kind, and nothing is said of them.
 */
export function unknownTags(
  targets: readonly CacheTarget[],
  { tags }: Pick<CachingTable, 'tags'>,
): readonly string[] {
  const formats = [...tags.values()].flat().map(({ format }) => format);
  if (formats.length === 0) return [];
  const named = targets.flatMap(target => (target.kind === 'tag' ? [target.tag] : []));
  return [...new Set(named)].filter(tag => !formats.some(format => fits(tag, format)));
}

/** Whatever stands for its placeholders, which may be nothing. */
function fits(tag: string, format: CacheTag['format']): boolean {
  const [first, last] = [format[0], format.at(-1)];
  let from = 0;
  for (const part of format) {
    if (typeof part !== 'string') continue;
    const at = tag.indexOf(part, from);
    if (at === -1 || (part === first && from === 0 && at !== 0)) return false;
    from = at + part.length;
  }
  if (typeof last !== 'string') return true;
  return format.length === 1 ? tag === last : tag.endsWith(last);
}
