import { entityTag, MANY_ENTITIES, tagsNamed, UNTOLD_TAGS, unidentifiedTag } from '../policy/tag-names.ts';
import type { SeenEntity } from './entity-reader.ts';

/** Of one type by one key. More of them are as if none was identified. */
const MOST_OF_A_KEY = 64;

const MOST_TAGS = 256;

/** The entities of one type by one of its keys. */
interface ByKey {
  readonly otherwise: string;
  readonly tags: Set<string>;
  /** Whether some of them are not known. */
  isOpen: boolean;
}

/**
 * The tags of an answer by its entities, a bounded number. Whatever key an entity of it is invalidated by, one of them is
 * among those of the invalidation: the entity's own, or that of what has entities of the type whose key is not known.
 */
export class AnswerEntityTags {
  readonly #keys = new Map<string, ByKey>();
  readonly #named = new Set<string>();
  #isUntold = false;

  readonly see = (entity: SeenEntity): void => {
    const { type, identities, missing, tags, isUntold } = entity;
    for (const leaves of identities) {
      const paths = leaves.map(([path]) => path);
      const known = this.#byKey(type, paths);
      if (known.tags.size <= MOST_OF_A_KEY) known.tags.add(entityTag(type, leaves));
    }
    for (const paths of missing) this.#byKey(type, paths).isOpen = true;
    // One more than an answer may have is enough to know that there are too many.
    for (const tag of tags) if (this.#named.size <= MOST_TAGS) this.#named.add(tag);
    this.#isUntold ||= isUntold;
  };

  tags(): readonly string[] {
    const entities = [...this.#keys.values()].flatMap(({ otherwise, tags, isOpen }) => {
      if (tags.size > MOST_OF_A_KEY) return [otherwise];
      return isOpen ? [otherwise, ...tags] : [...tags];
    });
    return [
      ...(entities.length > MOST_TAGS ? [MANY_ENTITIES] : entities),
      ...tagsNamed('tag', this.#named),
      ...(this.#isUntold ? [UNTOLD_TAGS] : []),
    ];
  }

  #byKey(type: string, paths: readonly string[]): ByKey {
    const otherwise = unidentifiedTag(type, paths);
    const known = this.#keys.get(otherwise) ?? { otherwise, tags: new Set(), isOpen: false };
    this.#keys.set(otherwise, known);
    return known;
  }
}
