import { type KeyLeaves, tagsOfTag } from '../policy/tag-names.ts';
import type { SeenEntity } from '../response/entity-reader.ts';
import type { TypeSources } from './related-types.ts';
import { tagsOfEntityAnywhere, tagsOfTypeAnywhere } from './tags-of-targets.ts';

/** More changed entities of one type are invalidated as the type. */
const MOST_OF_A_TYPE = 64;

interface Changed {
  readonly identities: Map<string, KeyLeaves>;
  readonly tags: Set<string>;
  isWhole: boolean;
}

/** What to invalidate when all entities that are seen have changed: those, or the whole of a type if it is not known which. */
export class ChangedEntities {
  readonly #types = new Map<string, Changed>();

  readonly see = ({ type, identities, tags }: SeenEntity): void => {
    const changed = this.#types.get(type) ?? { identities: new Map(), tags: new Set(), isWhole: false };
    this.#types.set(type, changed);
    if (changed.isWhole) return;
    for (const leaves of identities) changed.identities.set(JSON.stringify(leaves), leaves);
    for (const tag of tags) changed.tags.add(tag);
    changed.isWhole = identities.length === 0 || changed.identities.size > MOST_OF_A_TYPE;
  };

  tags(sources: TypeSources): readonly string[] {
    const all = [...this.#types].flatMap(([type, { identities, tags, isWhole }]) => {
      if (isWhole) return tagsOfTypeAnywhere(type, sources);
      const entities = [...identities.values()].flatMap(leaves =>
        tagsOfEntityAnywhere(type, leaves, sources),
      );
      return [...entities, ...[...tags].flatMap(tagsOfTag)];
    });
    return [...new Set(all)];
  }
}
