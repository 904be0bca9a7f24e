import {
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { AccessRequirement, AccessTable } from '../../supergraph/access.ts';
import type { RulePlan } from './rules/rule-plan.ts';

/** What must hold for a caller to read a field; all of it. */
export interface Guard {
  readonly requirements: readonly AccessRequirement[];
  /** Rule → the object types whose field it is about; for a field of an abstract type these are several. */
  readonly rules: ReadonlyMap<RulePlan, ReadonlySet<string>>;
}

/** The rule of a field of an object type, if there is one. */
export type RuleFor = (typeName: string, fieldName: string) => RulePlan | null;

interface GuardSources {
  readonly access: AccessTable;
  /** The whole supergraph: what contracts and `@inaccessible` hide is guarded, too. */
  readonly schema: GraphQLSchema;
  readonly ruleFor: RuleFor;
}

/** The guard of a field as selected on a type, object or abstract; null when it is open to everyone. */
export type GuardOf = (typeName: string, fieldName: string) => Guard | null;

/** Guards by coordinate, each put together when an operation first selects the field; one table a generation. */
export function createGuards(sources: GuardSources): GuardOf {
  const known = new Map<string, Guard | null>();
  return (typeName, fieldName) => {
    const coordinate = `${typeName}.${fieldName}`;
    const guard = known.get(coordinate);
    if (guard !== undefined) return guard;
    const collected = new Collector(sources).collect(typeName, fieldName);
    known.set(coordinate, collected);
    return collected;
  };
}

class Collector {
  readonly #sources: GuardSources;
  readonly #requirements = new Set<AccessRequirement>();
  readonly #rules = new Map<RulePlan, Set<string>>();
  readonly #seen = new Set<string>();

  /** The table of required fields is transitive already. */
  readonly #isBehind: boolean;

  constructor(sources: GuardSources, isBehind = false) {
    this.#sources = sources;
    this.#isBehind = isBehind;
  }

  collect(typeName: string, fieldName: string): Guard | null {
    this.#field(typeName, fieldName);
    if (this.#requirements.size === 0 && this.#rules.size === 0) return null;
    return Object.freeze({ requirements: [...this.#requirements], rules: this.#rules });
  }

  /** A field of an abstract type is read from any of its members, so it takes what each of them takes. */
  #field(typeName: string, fieldName: string): void {
    const { schema } = this.#sources;
    this.#own(typeName, fieldName);
    const type = schema.getType(typeName);
    if (!isAbstractType(type)) return;
    for (const member of schema.getPossibleTypes(type)) this.#own(member.name, fieldName);
  }

  #own(typeName: string, fieldName: string): void {
    const coordinate = `${typeName}.${fieldName}`;
    if (this.#seen.has(coordinate)) return;
    this.#seen.add(coordinate);
    const { access, schema, ruleFor } = this.#sources;
    this.#require(typeName);
    this.#require(coordinate);
    const type = schema.getType(typeName);
    const returned = fieldType(type, fieldName);
    if (returned !== null) this.#require(returned.name);
    const rule = isObjectType(type) ? ruleFor(typeName, fieldName) : null;
    if (rule !== null) this.#rule(rule, typeName);
    const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
    for (const wider of interfaces) if (fieldName in wider.getFields()) this.#inherited(wider, fieldName);
    if (this.#isBehind) return;
    // `@interfaceObject` fields say on the interface what they require.
    for (const { name } of [{ name: typeName }, ...interfaces])
      for (const required of access.requires.get(`${name}.${fieldName}`) ?? []) this.#required(required);
  }

  /**
   * Composition hands what types require up to their interfaces, never down. So what none of the types says was
   * written on the interface itself, and would otherwise hold for nobody who names the type.
   */
  #inherited({ name: wider }: GraphQLInterfaceType, fieldName: string): void {
    const { access, schema } = this.#sources;
    const type = schema.getType(wider);
    const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
    for (const suffix of ['', `.${fieldName}`]) {
      const isOwn = members.every(({ name }) => !access.requirements.has(name + suffix));
      if (isOwn) this.#require(wider + suffix);
    }
  }

  /**
   * What a field is computed from shows in it, so it is no way around their guards. Rules about arguments are
   * left out: nobody knows with which arguments a subgraph would have been asked.
   */
  #required(coordinate: string): void {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const guard = new Collector(this.#sources, true).collect(typeName, fieldName);
    for (const requirement of guard?.requirements ?? []) this.#requirements.add(requirement);
    for (const [rule] of guard?.rules ?? []) if (rule.isContextual) this.#rule(rule, typeName);
  }

  #rule(rule: RulePlan, typeName: string): void {
    if (rule.kind === 'allow') return;
    this.#rules.set(rule, (this.#rules.get(rule) ?? new Set()).add(typeName));
  }

  #require(coordinate: string): void {
    const requirement = this.#sources.access.requirements.get(coordinate);
    if (requirement !== undefined) this.#requirements.add(requirement);
  }
}

function fieldType(type: GraphQLNamedType | undefined, fieldName: string): GraphQLNamedType | null {
  if (!isObjectType(type) && !isInterfaceType(type)) return null;
  const field = type.getFields()[fieldName];
  return field === undefined ? null : getNamedType(field.type);
}
