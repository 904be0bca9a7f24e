import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { GatewayError } from '../../errors.ts';
import type { DeniedField } from '../../http/bound-operation.ts';
import type { AnswerCalls } from '../../policy/rate-limit/answer-calls.ts';
import { objectTypesOf } from '../../shared/object-types.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { ResponseKeys } from '../planners/operation/response-keys.ts';
import { allCounters, NO_COUNTERS } from './call-counts.ts';
import { type CollectedField, collectFields, type Part } from './collect-fields.ts';
import { type DenialAtField, denialAt, NOT_DENIED } from './denial.ts';
import type { FieldCost, FieldShape, Leaf, ObjectShape, ValueShape } from './shape.ts';

/** More distinct selection sets than any honest operation has; crafted fragments could otherwise fill memory. */
const MAX_SHAPES = 20_000;

/** A field of an abstract type is one of each of its types: with many of them, few selections are millions. */
const MAX_FIELDS = 100_000;

interface ShapeInput {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly responseKeys: ResponseKeys;
  /** Coordinate → subgraph, for the fields that only one resolves. */
  readonly owners: ReadonlyMap<string, string>;
  /** Fields that the caller may not see. */
  readonly removed?: ReadonlyMap<FieldNode, readonly DeniedField[]>;
  /** Field → checks that only its object decides. */
  readonly checks?: ReadonlyMap<FieldNode, readonly number[]>;
  readonly omitNulls?: boolean;
  /** Absent: costs are not counted. */
  readonly costs?: AnswerCosts | null;
  /** Absent: nor are calls. */
  readonly calls?: AnswerCalls | null;
}

/** What adds up to the actual cost of an answer; policy/cost makes estimates of the same numbers. */
export interface AnswerCosts {
  /** Of the operation itself. */
  readonly operationCost: number;
  readonly typeWeight: (typeName: string) => number;
  /** Of each value of a field, in place of its type's; null: its type's. */
  readonly fieldWeight: (typeName: string, fieldName: string) => number | null;
  readonly argumentCost: (typeName: string, node: FieldNode) => FieldCost['argument'];
}

/**
 * The shape of an operation's `data`. Execution of the GraphQL spec, section 6.3, done ahead of time:
 * CollectFields and MergeSelectionSets per concrete type, with conditions on variables left open.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function buildShape(input: ShapeInput): ObjectShape {
  const rootType = input.schema.getRootType(input.operation.operation);
  if (!rootType) {
    throw new GatewayError('UNSUPPORTED_OPERATION', {
      message: `The schema has no ${input.operation.operation} type.`,
    });
  }
  return new ShapeBuilder(input).object(
    rootType,
    [{ set: input.operation.selectionSet, when: null }],
    input.costs?.operationCost ?? null,
  );
}

class ShapeBuilder {
  readonly #schema: GraphQLSchema;
  readonly #responseKeys: ResponseKeys;
  readonly #owners: ReadonlyMap<string, string>;
  readonly #removed: ReadonlyMap<FieldNode, readonly DeniedField[]>;
  readonly #checks: ReadonlyMap<FieldNode, readonly number[]>;
  readonly #omitNulls: boolean;
  readonly #costs: AnswerCosts | null;
  readonly #calls: AnswerCalls | null;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** Selections that come up again (one fragment in many places) share a shape, so bombs cost linear time. */
  readonly #known = new Map<string, ObjectShape>();
  readonly #setIds = new Map<SelectionSetNode, number>();
  #variants = 0;
  #fieldCount = 0;

  constructor(input: ShapeInput) {
    this.#schema = input.schema;
    this.#responseKeys = input.responseKeys;
    this.#owners = input.owners;
    this.#removed = input.removed ?? new Map();
    this.#checks = input.checks ?? new Map();
    this.#omitNulls = input.omitNulls ?? false;
    this.#costs = input.costs ?? null;
    this.#calls = input.calls ?? null;
    for (const definition of input.document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
  }

  /** @param weight of each object, in place of its type's; null: its type's. */
  object(type: GraphQLCompositeType, parts: readonly Part[], weight: number | null): ObjectShape {
    const identity = `${type.name} ${weight} ${parts.map(part => `${this.#setId(part.set)}?${JSON.stringify(part.when)}`).join(' ')}`;
    const known = this.#known.get(identity);
    if (known !== undefined) return known;
    const variants = new Map<string, readonly FieldShape[]>();
    for (const variant of objectTypesOf(type, this.#schema))
      variants.set(variant.name, this.#fields(variant, parts));
    const untyped = isAbstractType(type) ? { typeName: type.name, fields: this.#fields(type, parts) } : null;
    const costs = this.#objectCosts([...variants.keys(), type.name], weight);
    const counters = this.#counters([...variants.values(), untyped?.fields ?? []]);
    const shape: ObjectShape = { id: this.#known.size, variants, untyped, costs, counters };
    this.#known.set(identity, shape);
    return shape;
  }

  #counters(variants: readonly (readonly FieldShape[])[]): readonly number[] {
    if (this.#calls === null) return NO_COUNTERS;
    return allCounters(
      variants.flatMap(fields => fields.flatMap(({ counters, value }) => [counters, countersBelow(value)])),
    );
  }

  #objectCosts(types: readonly string[], weight: number | null): ReadonlyMap<string, number> {
    const costs = this.#costs;
    return costs === null ? NO_COSTS : new Map(types.map(name => [name, weight ?? costs.typeWeight(name)]));
  }

  #fieldCost(type: GraphQLCompositeType, node: FieldNode, value: ValueShape): FieldCost | null {
    const costs = this.#costs;
    const field = costs === null ? undefined : this.#fieldDefinition(type, node.name.value);
    if (costs === null || field === undefined || node.name.value === '__typename') return null;
    const named = getNamedType(field.type);
    const isCounted = value.kind !== 'denied' && isLeafType(named);
    const leaf = isCounted
      ? (costs.fieldWeight(type.name, node.name.value) ?? costs.typeWeight(named.name))
      : 0;
    const argument = value.kind === 'denied' ? null : costs.argumentCost(type.name, node);
    return leaf === 0 && argument === null ? null : { leaf, argument };
  }

  #setId(set: SelectionSetNode): number {
    const id = this.#setIds.get(set) ?? this.#setIds.size;
    this.#setIds.set(set, id);
    return id;
  }

  #fields(type: GraphQLCompositeType, parts: readonly Part[]): readonly FieldShape[] {
    if (++this.#variants > MAX_SHAPES) {
      throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
        message: `The operation has more than ${MAX_SHAPES} distinct selection sets.`,
      });
    }
    const applies = (condition: string): boolean => this.#applies(type, condition);
    const collected = collectFields(parts, { fragments: this.#fragments, applies });
    this.#fieldCount += collected.size;
    if (this.#fieldCount > MAX_FIELDS) {
      throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
        message: `The operation has more than ${MAX_FIELDS} fields, each counted for every type that has it.`,
      });
    }
    return [...collected.values()].map(field => {
      const { node, inclusion } = field;
      const denial = this.#removed.size === 0 ? NOT_DENIED : denialAt(field, this.#removed);
      const value = this.#fieldValue(type, field, denial);
      return {
        key: responseKeyOf(node),
        source: this.#source(type, node),
        owner: this.#owners.get(`${type.name}.${node.name.value}`) ?? null,
        include: inclusion,
        omitNull: this.#omitNulls && !value.nonNull,
        checks: this.#checks.size === 0 ? NO_CHECKS : this.#checksAt(field),
        denial: denial.kind === 'sometimes' ? denial.denial : null,
        value,
        cost: this.#fieldCost(type, node, value),
        counters: this.#calls?.countersOf(type.name, node) ?? NO_COUNTERS,
      };
    });
  }

  /** Introspection is answered by graphql-js, under the client's own keys. */
  #source(type: GraphQLCompositeType, node: FieldNode): string {
    const introspects = isIntrospectionType(type) || INTROSPECTION_FIELDS.has(node.name.value);
    return introspects ? responseKeyOf(node) : (this.#responseKeys.get(node) ?? node.name.value);
  }

  #applies(type: GraphQLCompositeType, condition: string): boolean {
    if (type.name === condition) return true;
    const conditionType = this.#schema.getType(condition);
    if (!isAbstractType(conditionType)) return false;
    return (isObjectType(type) || 'getInterfaces' in type) && this.#schema.isSubType(conditionType, type);
  }

  #fieldValue(type: GraphQLCompositeType, collected: CollectedField, denial: DenialAtField): ValueShape {
    const { node } = collected;
    const name = node.name.value;
    if (name === '__typename') {
      return { kind: 'typename', name: isObjectType(type) ? type.name : null, nonNull: true };
    }
    const field = this.#fieldDefinition(type, name);
    if (field === undefined) {
      throw new GatewayError('INTERNAL_SERVER_ERROR', {
        message: `No field ${type.name}.${name} after validation.`,
      });
    }
    if (denial.kind === 'always')
      return { kind: 'denied', fields: denial.lost, nonNull: isNonNullType(field.type) };
    const weight = this.#costs?.fieldWeight(type.name, name) ?? null;
    return this.#value(field.type, this.#allowedParts(collected), weight);
  }

  #checksAt({ places }: CollectedField): readonly number[] {
    return [...new Set(places.flatMap(({ node }) => this.#checks.get(node) ?? NO_CHECKS))];
  }

  #allowedParts({ places, parts }: CollectedField): readonly Part[] {
    if (this.#removed.size === 0) return parts;
    const removed = new Set(
      places.filter(({ node }) => this.#removed.has(node)).map(({ node }) => node.selectionSet),
    );
    return parts.filter(({ set }) => !removed.has(set));
  }

  #fieldDefinition(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (name === '__schema') return SchemaMetaFieldDef;
    if (name === '__type') return TypeMetaFieldDef;
    return 'getFields' in type ? (type as GraphQLObjectType).getFields()[name] : undefined;
  }

  #value(type: GraphQLOutputType, parts: readonly Part[], weight: number | null): ValueShape {
    const nonNull = isNonNullType(type);
    const nullable = type instanceof GraphQLNonNull ? (type.ofType as GraphQLOutputType) : type;
    if (isListType(nullable))
      return { kind: 'list', of: this.#value(nullable.ofType as GraphQLOutputType, parts, weight), nonNull };
    if (isCompositeType(nullable))
      return { kind: 'object', shape: this.object(nullable, parts, weight), nonNull };
    return { kind: 'leaf', leaf: leafOf(nullable), nonNull };
  }
}

function countersBelow(value: ValueShape): readonly number[] {
  let at = value;
  while (at.kind === 'list') at = at.of;
  return at.kind === 'object' ? at.shape.counters : NO_COUNTERS;
}

const NO_CHECKS: readonly number[] = [];
const NO_COSTS: ReadonlyMap<string, number> = new Map();

const INTROSPECTION_FIELDS: ReadonlySet<string> = new Set([SchemaMetaFieldDef.name, TypeMetaFieldDef.name]);

const ANY: Leaf = Object.freeze({ kind: 'any' });

const BUILT_IN: ReadonlyMap<string, Leaf> = new Map<string, Leaf>([
  ['String', { kind: 'string' }],
  ['ID', { kind: 'id' }],
  ['Int', { kind: 'int' }],
  ['Float', { kind: 'float' }],
  ['Boolean', { kind: 'boolean' }],
]);

/** The values of an enum are asked of its type: a field may be there a thousand times, and an enum have hundreds. */
function leafOf(type: GraphQLOutputType): Leaf {
  if (isEnumType(type)) return { kind: 'enum', hasValue: name => type.getValue(name) !== undefined };
  return (isLeafType(type) && BUILT_IN.get(type.name)) || ANY;
}
