import type { GraphQLCompositeType, GraphQLSchema } from 'graphql';
import { objectTypesOf } from '../../shared/object-types.ts';

/** Names of object types; equal sets are one object. */
export interface TypeSet {
  readonly id: number;
  readonly names: ReadonlySet<string>;
}

/** The object types that values may be of. */
export class TypeSets {
  readonly #schema: GraphQLSchema;
  readonly #sets = new Map<string, TypeSet>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  of(type: GraphQLCompositeType): TypeSet {
    return this.#intern(objectTypesOf(type, this.#schema).map(({ name }) => name));
  }

  /** @returns null where they have nothing in common */
  narrow({ names }: TypeSet, type: GraphQLCompositeType): TypeSet | null {
    const other = this.of(type).names;
    const common = [...names].filter(name => other.has(name));
    return common.length === 0 ? null : this.#intern(common);
  }

  union(sets: readonly TypeSet[]): TypeSet {
    return this.#intern(sets.flatMap(({ names }) => [...names]));
  }

  #intern(names: readonly string[]): TypeSet {
    const sorted = [...new Set(names)].sort();
    const key = sorted.join(' ');
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const set = Object.freeze({ id: this.#sets.size, names: new Set(sorted) });
    this.#sets.set(key, set);
    return set;
  }
}
