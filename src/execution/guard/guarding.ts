import type { GraphQLSchema } from 'graphql';
import type { FieldTagsOf, TaggedField } from '../../cache/entities/field-tags.ts';
import type { ReplyTags } from '../../cache/entities/reply-tags.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Json, JsonObject } from '../../shared/json.ts';
import type { FieldBreaker } from './field-breaker.ts';
import type { LastGood } from './last-good.ts';

/** What a field answers instead of an error. */
export interface FallbackPlan {
  /** For how long its last good value will do, ms; null: never. */
  readonly staleMs: number | null;
  /** By the names of the schema; undefined: there is none. */
  readonly value: Json | undefined;
}

/** A field of a fetch, as breakers see it. */
export interface FieldPlace {
  readonly subgraph: string;
  /** `Type.field` */
  readonly coordinate: string;
  /** Whether the plan enters the subgraph here: a root field, or the first below an entity. */
  readonly isEntry: boolean;
}

/** What stands between a generation's fetches and subgraphs that fail. */
export interface Guarding {
  /** With the types of all subgraphs. */
  readonly schema: GraphQLSchema;
  /** Null: the field is not guarded. */
  readonly breakerOf: (place: FieldPlace) => FieldBreaker | null;
  readonly fallbackOf: (coordinate: string) => FallbackPlan | null;
  /** Null: no field may answer with its last good value. */
  readonly lastGood: LastGood | null;
  /** Where a subgraph is asked: what is from elsewhere is not its value. */
  readonly placeOf: (subgraph: string) => string;
  /** By what last good values of a field may be invalidated. */
  readonly compileTags: (field: TaggedField) => FieldTagsOf;
  /** Further ones that a reply says in its extensions, of so many values; null: they cannot be read. */
  readonly readTags: (extensions: JsonObject | null, count: number) => ReplyTags | null;
  readonly clock: Clock;
  /** Told of each field that was not asked for. */
  readonly onCut: (place: Omit<FieldPlace, 'isEntry'>) => void;
  readonly onFallback: (coordinate: string, source: FallbackSource) => void;
}

export type FallbackSource = 'stale' | 'value';
