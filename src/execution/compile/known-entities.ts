import type { Json, JsonObject } from '../../shared/json.ts';
import type { FindRepresenter, Representer } from './represent.ts';

/** A step of the values that identify an entity. */
interface Level {
  readonly next: Map<Json, Level>;
  /** Of the entity whose values end here; -1 before it is known. */
  index: number;
}

/**
 * The distinct entities that one walk of the response has met. Most places repeat an entity met before; those
 * are told by their key values alone, without building the representation's text again.
 */
export class KnownEntities {
  /** JSON text of each entity's representation. */
  readonly representations: string[] = [];
  readonly #find: FindRepresenter;
  readonly #byText = new Map<string, number>();
  readonly #byType = new Map<string, Level>();

  constructor(find: FindRepresenter) {
    this.#find = find;
  }

  /** Index of the object's entity, or -1 when there is nothing to identify it by. */
  identify(object: JsonObject): number {
    const representer = this.#find(object);
    if (representer === null) return -1;
    const level = representer.sources === null ? null : this.#levelOf(object, representer.sources);
    if (level === undefined) return -1;
    if (level === null) return this.#identifyByText(object, representer);
    if (level.index < 0) level.index = this.#identifyByText(object, representer);
    return level.index;
  }

  /**
   * Whether the object holds nothing but what identifies it, so that another of the same entity is its equal.
   * The object must have been identified.
   */
  isBare(object: JsonObject): boolean {
    const sources = this.#find(object)?.sources;
    if (sources === undefined || sources === null) return false;
    let properties = -1;
    for (const _ in object) properties++;
    return properties === sources.length;
  }

  /** Null when a value is an object itself, undefined when one is missing. */
  #levelOf(object: JsonObject, sources: readonly string[]): Level | null | undefined {
    const typeName = object['__typename'] as string;
    let level = this.#byType.get(typeName);
    if (level === undefined) {
      level = { next: new Map(), index: -1 };
      this.#byType.set(typeName, level);
    }
    for (let position = 0; position < sources.length; position++) {
      const value = object[sources[position] as string];
      if (value === undefined) return undefined;
      if (typeof value === 'object' && value !== null) return null;
      let next: Level | undefined = level.next.get(value);
      if (next === undefined) {
        next = { next: new Map(), index: -1 };
        level.next.set(value, next);
      }
      level = next;
    }
    return level;
  }

  #identifyByText(object: JsonObject, representer: Representer): number {
    const text = representer.represent(object);
    if (text === undefined) return -1;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const index = this.representations.push(text) - 1;
    this.#byText.set(text, index);
    return index;
  }
}
