import type { DocumentNode } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, namedAny } from './feature-names.ts';
import { argument } from './join-directives.ts';

/** Which tags a contract wants and does not want. Empty lists are as good as absent. */
export interface TagFilter {
  readonly includeTags?: readonly string[] | undefined;
  readonly excludeTags?: readonly string[] | undefined;
}

/** Coordinate → its own tags, without those of its parent. Coordinates without tags are left out. */
export type TagTable = ReadonlyMap<string, ReadonlySet<string>>;

/** The `@tag`s of a supergraph, under whatever name the directive was imported. */
export function readTags(document: DocumentNode): TagTable {
  const names = featureDirectives(document, 'https://specs.apollo.dev/tag', 'tag');
  const table = new Map<string, Set<string>>();
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const directive of namedAny(directives, names)) {
      const tag = argument(directive, 'name');
      if (tag === null) continue;
      const tags = table.get(coordinate) ?? new Set();
      table.set(coordinate, tags.add(tag));
    }
  }
  return table;
}

/** The tags of a filter that nothing in the supergraph carries: misspelt, most likely. */
export function unknownTags(document: DocumentNode, filter: TagFilter): readonly string[] {
  const known = new Set([...readTags(document).values()].flatMap(tags => [...tags]));
  const wanted = new Set([...(filter.includeTags ?? []), ...(filter.excludeTags ?? [])]);
  return [...wanted].filter(tag => !known.has(tag));
}
