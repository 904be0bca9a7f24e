import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isCompositeType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Json, JsonObject } from '../../shared/json.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { CachingTable } from '../../supergraph/cache-directives.ts';
import type { Variables } from '../policy/condition.ts';
import { compileEntityTags, type EntityTagsOf } from '../policy/entity-tags.ts';
import { selectedFields } from '../policy/selected-fields.ts';
import { compileTags } from '../policy/selection-tags.ts';
import { ANYTHING } from '../policy/tag-names.ts';
import { compileEntitiesBelow } from '../response/entities-in.ts';
import { AnswerEntityTags } from '../response/entity-tags-of-answer.ts';

/** One field of a fetch, of which single values are kept. */
export interface TaggedField {
  readonly subgraph: string;
  /** Name of the type that has it. */
  readonly parent: string;
  readonly node: FieldNode;
  /** With its fragments. */
  readonly document: DocumentNode;
}

export interface TaggedValue {
  readonly value: Json;
  readonly variables: Variables;
  /** Of the entity that has the field; null: of a root. */
  readonly representation: JsonObject | null;
}

export type FieldTagsOf = (value: TaggedValue) => readonly string[];

export interface FieldTagSources {
  /** With join directives and what no client may see. */
  readonly schema: GraphQLSchema;
  readonly table: CachingTable;
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** See AccessTable.requires. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
}

/**
 * Compiles the tags of values of a field by itself: of what it selects, of the entity that has it, and of the entities in
 * it. What cannot be told is forgotten with anything of its kind.
 */
export function compileFieldTags(
  { subgraph, parent, node, document }: TaggedField,
  { schema, table, owners, requires }: FieldTagSources,
): FieldTagsOf {
  const type = schema.getType(parent);
  if (!isCompositeType(type)) return () => ANYTHING;
  const set: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [node] };
  const fields = selectedFields({ type, set }, { document, schema });
  if (fields === null) return () => ANYTHING;
  const tagsOfSelection = compileTags(fields, null, {
    ...table,
    schema,
    supergraphSchema: schema,
    owners,
    requires,
  });
  const tagsOfEntity = rememberByType(name => compileEntityTags({ subgraph, type: name }, table));
  const entitiesIn = compileEntitiesBelow({ document, schema, type, set }, table);
  const key = responseKeyOf(node);
  return ({ value, variables, representation }) => {
    const tags = [...tagsOfSelection(variables)];
    if (entitiesIn !== null) {
      const found = new AnswerEntityTags();
      entitiesIn({ [key]: value }, found.see);
      tags.push(...found.tags());
    }
    if (representation !== null)
      tags.push(...(tagsOfEntity(String(representation['__typename']))(representation) ?? ANYTHING));
    return [...new Set(tags)];
  };
}

/** Names come from representations, which are of types of the schema. */
function rememberByType(compile: (type: string) => EntityTagsOf): (type: string) => EntityTagsOf {
  const known = new Map<string, EntityTagsOf>();
  return type => {
    const tagsOf = known.get(type) ?? compile(type);
    known.set(type, tagsOf);
    return tagsOf;
  };
}
