import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type CostConfig, MAX_COST } from '../../config/cost.ts';
import type { CostTable, ListSize } from '../../supergraph/cost-directives.ts';

/** What an argument or an input field costs where it is given. */
export interface InputCosts {
  readonly name: string;
  readonly coordinate: string;
  /** Declared for it or for its type; null: 1 for an input object, 0 for anything else. */
  readonly weight: number | null;
  /** Lists within lists. */
  readonly listDepth: number;
  readonly isList: boolean;
  readonly type: GraphQLNamedType;
  /** Undefined when there is none. */
  readonly defaultValue: unknown;
  /** Whether some value of it costs something. */
  readonly mayCost: boolean;
}

/** What a field of one type costs. */
export interface FieldCosts {
  readonly coordinate: string;
  /** Its coordinate, and those of the interfaces that have it too. */
  readonly names: readonly string[];
  /** Takes the place of the weight of the field's type; null: the type's counts. */
  readonly weight: number | null;
  /** Lists within lists. */
  readonly listDepth: number;
  readonly listSize: ListSize | null;
  readonly type: GraphQLNamedType;
  readonly isComposite: boolean;
  readonly arguments: ReadonlyMap<string, InputCosts>;
  readonly mayCostByArguments: boolean;
}

interface ModelInput {
  /** What the callers see: their contract. */
  readonly schema: GraphQLSchema;
  readonly table: CostTable;
  readonly config: Pick<CostConfig, 'defaultListSize' | 'weights' | 'listSizes'>;
}

type OutputField = GraphQLField<unknown, unknown>;

/**
 * What everything in a schema costs: directives, and what the configuration says over them. Estimates and actual
 * costs both ask here, so that they cannot disagree.
 *
 * What is said of a field of an interface holds for the objects that say nothing of their own: an operation
 * costs the same whether it asks the object or the interface.
 */
export class CostModel {
  readonly schema: GraphQLSchema;
  readonly defaultListSize: number;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #listSizes: ReadonlyMap<string, ListSize>;
  readonly #fields = new Map<string, Map<string, FieldCosts | null>>();
  readonly #inputs = new Map<string, ReadonlyMap<string, InputCosts>>();
  readonly #typeWeights = new Map<string, number>();
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #slicing = new Map<FieldCosts, readonly (readonly InputCosts[])[]>();
  readonly #possible = new Map<string, readonly string[]>();
  readonly #abstract: ReadonlyMap<string, readonly string[]>;

  constructor({ schema, table, config }: ModelInput) {
    this.schema = schema;
    this.defaultListSize = config.defaultListSize;
    this.#weights = new Map([...table.weights, ...Object.entries(config.weights)]);
    this.#listSizes = overrideSizes(table.listSizes, config.listSizes);
    this.#abstract = abstractTypesOf(schema);
  }

  /** Points of one value of a type: one object, or one leaf. */
  typeWeight(name: string): number {
    const known = this.#typeWeights.get(name);
    if (known !== undefined) return known;
    const usual = isCompositeType(this.schema.getType(name)) ? 1 : 0;
    const weight = this.#largest([name], this.#abstract.get(name) ?? []) ?? usual;
    this.#typeWeights.set(name, weight);
    return weight;
  }

  /** Points of one value of a field, in place of those of its type. Null: those of the value's type count. */
  fieldWeight(typeName: string, fieldName: string): number | null {
    return this.field(typeName, fieldName)?.weight ?? null;
  }

  /** Null for fields that no type declares: `__typename`, `__schema` and `__type`. */
  field(typeName: string, fieldName: string): FieldCosts | null {
    let fields = this.#fields.get(typeName);
    if (fields === undefined) {
      fields = new Map();
      this.#fields.set(typeName, fields);
    }
    let costs = fields.get(fieldName);
    // Names are those of the schema, after validation: as many as it has.
    if (costs === undefined) {
      costs = this.#readField(typeName, fieldName);
      fields.set(fieldName, costs);
    }
    return costs;
  }

  inputFields(typeName: string): ReadonlyMap<string, InputCosts> {
    const known = this.#inputs.get(typeName);
    if (known !== undefined) return known;
    const type = this.schema.getType(typeName);
    const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
    const costs = fields.map(field => this.#input(field, [`${typeName}.${field.name}`], []));
    const byName = new Map(costs.map(field => [field.name, field]));
    this.#inputs.set(typeName, byName);
    return byName;
  }

  /** The inputs that each slicing argument of a field names, from the argument inwards; empty when there are none. */
  slicingPaths(costs: FieldCosts): readonly (readonly InputCosts[])[] {
    const known = this.#slicing.get(costs);
    if (known !== undefined) return known;
    const paths = (costs.listSize?.slicingArguments ?? []).map(path => this.#slicingPath(costs, path));
    this.#slicing.set(costs, paths);
    return paths;
  }

  #slicingPath(costs: FieldCosts, path: string): readonly InputCosts[] {
    const inputs: InputCosts[] = [];
    let level: ReadonlyMap<string, InputCosts> = costs.arguments;
    for (const name of path.split('.')) {
      const input = level.get(name);
      if (input === undefined) return [];
      inputs.push(input);
      level = this.inputFields(input.type.name);
    }
    return inputs;
  }

  /** The type conditions under which an object of a type answers. */
  namesOf(typeName: string): ReadonlySet<string> {
    const known = this.#names.get(typeName);
    if (known !== undefined) return known;
    const names = new Set([typeName, ...(this.#abstract.get(typeName) ?? [])]);
    this.#names.set(typeName, names);
    return names;
  }

  /** The types of object that a value of a type can be. */
  possibleTypes(type: GraphQLNamedType): readonly string[] {
    const known = this.#possible.get(type.name);
    if (known !== undefined) return known;
    const types = isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type];
    const names = types.map(({ name }) => name);
    this.#possible.set(type.name, names);
    return names;
  }

  #readField(typeName: string, fieldName: string): FieldCosts | null {
    const type = this.schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) return null;
    const field: OutputField | undefined = type.getFields()[fieldName];
    if (field === undefined) return null;
    const coordinate = `${typeName}.${fieldName}`;
    const above = type.getInterfaces().filter(other => other.getFields()[fieldName] !== undefined);
    const inherited = above.map(({ name }) => `${name}.${fieldName}`);
    const sizes = [coordinate, ...inherited].map(at => this.#listSizes.get(at));
    const inputs = field.args.map(argument => {
      const at = (place: string) => `${place}(${argument.name}:)`;
      return this.#input(argument, [at(coordinate)], inherited.map(at));
    });
    const ofType = getNamedType(field.type);
    return {
      coordinate,
      names: [coordinate, ...inherited],
      weight: this.#largest([coordinate], inherited),
      listDepth: listDepth(field.type),
      listSize: sizes.find(size => size !== undefined) ?? null,
      type: ofType,
      isComposite: isCompositeType(ofType),
      arguments: new Map(inputs.map(input => [input.name, input])),
      mayCostByArguments: inputs.some(({ mayCost }) => mayCost),
    };
  }

  #input(input: GraphQLArgument | GraphQLInputField, own: string[], inherited: string[]): InputCosts {
    const type = getNamedType(input.type);
    const weight = this.#largest(own, inherited) ?? this.#largest([type.name], []);
    const depth = listDepth(input.type);
    return {
      name: input.name,
      coordinate: own[0] as string,
      weight,
      listDepth: depth,
      isList: depth > 0,
      type,
      defaultValue: input.defaultValue,
      mayCost: isInputObjectType(type) || (weight ?? 0) > 0,
    };
  }

  /** What is declared for a place, or else the most of what is declared where it is inherited from. */
  #largest(own: readonly string[], inherited: readonly string[]): number | null {
    for (const places of [own, inherited]) {
      const weights = places.flatMap(place => this.#weights.get(place) ?? []);
      if (weights.length > 0) return Math.min(MAX_COST, Math.max(...weights));
    }
    return null;
  }
}

/** Settings of the configuration, each in the place of that of the directive. */
function overrideSizes(
  declared: ReadonlyMap<string, ListSize>,
  overrides: CostConfig['listSizes'],
): ReadonlyMap<string, ListSize> {
  const sizes = new Map(declared);
  for (const [coordinate, given] of Object.entries(overrides)) {
    const below = sizes.get(coordinate);
    sizes.set(coordinate, {
      assumedSize: given.assumedSize ?? below?.assumedSize ?? null,
      slicingArguments: given.slicingArguments ?? below?.slicingArguments ?? [],
      sizedFields: given.sizedFields ?? below?.sizedFields ?? [],
      requireOneSlicingArgument: given.requireOneSlicingArgument ?? below?.requireOneSlicingArgument ?? true,
    });
  }
  return sizes;
}

/** Object type → the interfaces and unions that it is of. */
function abstractTypesOf(schema: GraphQLSchema): ReadonlyMap<string, readonly string[]> {
  const above = new Map<string, string[]>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    for (const { name } of schema.getPossibleTypes(type)) {
      const names = above.get(name);
      if (names === undefined) above.set(name, [type.name]);
      else names.push(type.name);
    }
  }
  return above;
}

function listDepth(type: GraphQLType): number {
  if (isNonNullType(type)) return listDepth(type.ofType);
  return isListType(type) ? 1 + listDepth(type.ofType) : 0;
}
