import { type DocumentNode, type GraphQLObjectType, OperationTypeNode, type SelectionSetNode } from 'graphql';
import type { SelectedOperation } from '../../policy/field-places.ts';
import { type CachePolicy, policyWithin } from './cache-policy.ts';
import { ALWAYS, mayHold, type Variables } from './condition.ts';
import { type DecidingField, decidingFields } from './deciding-fields.ts';
import {
  createRestrictions,
  type FieldRules,
  type RestrictionAt,
  restrictionOfEntity,
} from './field-restrictions.ts';
import { type Restriction, restrict, UNRESTRICTED } from './restriction.ts';
import { type SelectedField, type SelectedFields, selectedFields } from './selected-fields.ts';
import { compileTags, type NamedOperation, type TagSources, type TagsOf } from './selection-tags.ts';

/** How long what a selection answers may be kept, and under which tags. */
export interface SelectionPolicy {
  /**
   * Null: not at all. Exact in `@skip` and `@include` by the coerced variables; whether an object or a list is there at
   * all is not known, so what may be there counts.
   */
  policyOf(variables: Variables): CachePolicy | null;
  readonly tagsOf: TagsOf;
}

export interface HashedOperation extends SelectedOperation {
  readonly hash: string;
}

/** What a fetch asks of the entities of one type. */
export interface EntitySelection {
  /** Of the fetch, for its fragments. */
  readonly document: DocumentNode;
  /** Below `_entities`; what is on other types is left out. */
  readonly set: SelectionSetNode;
  readonly type: GraphQLObjectType;
}

/** Compiles policies for one schema; each operation once, and each fetch. */
export interface PolicyCompiler {
  /** @param factor what the persona multiplies times with; 0: nothing is kept for it */
  operation(operation: HashedOperation, factor: number): SelectionPolicy;
  /** Of a fetch of root fields the policy is that of an operation, by the schema of the supergraph. */
  entity(selection: EntitySelection): SelectionPolicy;
  /** For whoever asks why a query is kept as it is: worked out anew each time. */
  decidingFields(operation: SelectedOperation, variables: Variables): readonly DecidingField[];
}

/** Of what changes something, or goes on, nothing is kept. */
export const NEVER_KEPT: SelectionPolicy = Object.freeze({ policyOf: () => null, tagsOf: () => [] });

export function createPolicyCompiler(sources: FieldRules & TagSources): PolicyCompiler {
  const restrictionAt = createRestrictions(sources);
  const { schema } = sources;
  const compile = (
    fields: SelectedFields | null,
    rules: Omit<Rules, 'restrictionAt'>,
    named: NamedOperation | null,
  ) => {
    const policyOf = fields === null ? null : compilePolicyOf(fields, { ...rules, restrictionAt });
    if (fields === null || policyOf === null) return NEVER_KEPT;
    return Object.freeze({ policyOf, tagsOf: compileTags(fields, named, sources) });
  };
  return {
    operation({ document, definition, hash }, factor) {
      const type = schema.getQueryType();
      if (definition.operation !== OperationTypeNode.QUERY || !type || factor === 0) return NEVER_KEPT;
      const fields = selectedFields({ type, set: definition.selectionSet }, { document, schema });
      return compile(fields, { start: UNRESTRICTED, factor }, { hash, name: definition.name?.value });
    },
    entity({ document, set, type }) {
      const fields = selectedFields({ type, set }, { document, schema });
      return compile(fields, { start: restrictionOfEntity(type, sources), factor: 1 }, null);
    },
    decidingFields({ document, definition }, variables) {
      const type = schema.getQueryType();
      if (definition.operation !== OperationTypeNode.QUERY || !type) return [];
      const fields = selectedFields({ type, set: definition.selectionSet }, { document, schema });
      return fields === null ? [] : decidingFields(fields, variables, { rules: sources, restrictionAt });
    },
  };
}

interface Rules {
  readonly restrictionAt: RestrictionAt;
  /** What holds whatever is selected. */
  readonly start: Restriction;
  readonly factor: number;
}

/** Null where no variables could make it be kept. */
function compilePolicyOf(
  fields: SelectedFields,
  { restrictionAt, start, factor }: Rules,
): SelectionPolicy['policyOf'] | null {
  const restrictAll = (selected: readonly SelectedField[], from: Restriction): Restriction =>
    selected.reduce((all, { parent, field }) => restrict(all, restrictionAt(parent, field)), from);
  const always = restrictAll(fields.get(ALWAYS) ?? [], start);
  if (always.freshMs === 0) return null;
  const unconditional = policyWithin(always, factor);
  const conditional = [...fields].flatMap(([condition, selected]) =>
    condition === ALWAYS ? [] : [{ condition, restriction: restrictAll(selected, UNRESTRICTED) }],
  );
  if (conditional.length === 0) return () => unconditional;
  return variables => {
    const may = conditional.filter(({ condition }) => mayHold(condition, variables));
    if (may.length === 0) return unconditional;
    return policyWithin(
      may.reduce((all, { restriction }) => restrict(all, restriction), always),
      factor,
    );
  };
}
