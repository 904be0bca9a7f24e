import { type GraphQLObjectType, type GraphQLSchema, isAbstractType, isObjectType } from 'graphql';
import { isRecord } from '../../../shared/is-record.ts';
import { nearest } from '../../../shared/nearest.ts';
import type { Compilation } from './compilation.ts';
import { compileRule, isShieldRule } from './compile-rule.ts';
import type { RulePlan } from './rule-plan.ts';

export interface WrittenTree {
  /** A rule for every field, or types with a rule each, or types with fields with a rule each. */
  readonly permissions: unknown;
  /** For fields that the tree says nothing about; undefined: they are allowed. */
  readonly fallbackRule: unknown;
}

type RulesByCoordinate = Map<string, RulePlan>;

/** Rules by coordinate, as in `User.email`, of the fields that have one. Problems go to the compilation. */
export function readRuleTree(tree: WrittenTree, compilation: Compilation): ReadonlyMap<string, RulePlan> {
  const rules: RulesByCoordinate = new Map();
  const { permissions, fallbackRule } = tree;
  const setAll = (rule: unknown, place: string): void => {
    const plan = compileRule(rule, place, compilation);
    for (const type of ruledTypes(compilation.schema)) setEach(rules, type, plan);
  };
  if (fallbackRule !== undefined) setAll(fallbackRule, 'options.fallbackRule');
  if (permissions === undefined) return rules;
  const reason = whyNoTree(permissions);
  if (reason !== null) {
    compilation.problems.push(`permissions: ${reason}`);
  } else if (isShieldRule(permissions)) {
    setAll(permissions, 'permissions');
  } else {
    for (const [name, value] of Object.entries(permissions as object)) {
      const type = findType(name, compilation);
      if (type !== null) readType(rules, { type, value }, compilation);
    }
  }
  return rules;
}

function whyNoTree(permissions: unknown): string | null {
  const isMiddleware = (permissions as object | null)?.constructor?.name === 'MiddlewareGenerator';
  if (isMiddleware || typeof permissions === 'function') {
    return 'this is a middleware, as shield() makes it, and a gateway has no resolvers to put it around; export the tree that shield() was given, and its options as "options"';
  }
  if (isRecord(permissions)) return null;
  return 'write a rule, or { Type: rule } or { Type: { field: rule } }';
}

function readType(
  rules: RulesByCoordinate,
  { type, value }: { readonly type: GraphQLObjectType; readonly value: unknown },
  compilation: Compilation,
): void {
  const place = `permissions.${type.name}`;
  if (typeof value !== 'object' || value === null || isShieldRule(value)) {
    setEach(rules, type, compileFor(type, { rule: value, place }, compilation));
    return;
  }
  const { '*': everyOther, ...fields } = value as Readonly<Record<string, unknown>>;
  if (everyOther !== undefined) {
    setEach(rules, type, compileFor(type, { rule: everyOther, place: `${place}.*` }, compilation));
  }
  const names = Object.keys(type.getFields());
  for (const [name, rule] of Object.entries(fields)) {
    if (names.includes(name)) {
      const plan = compileFor(type, { rule, place: `${place}.${name}` }, compilation);
      rules.set(`${type.name}.${name}`, plan);
    } else {
      compilation.problems.push(`${place}.${name}: ${type.name} has no such field${hint(name, names)}`);
    }
  }
}

/** A rule for fields of a type that is known, so that its fragments can be held against the type. */
function compileFor(
  type: GraphQLObjectType,
  { rule, place }: { readonly rule: unknown; readonly place: string },
  compilation: Compilation,
): RulePlan {
  const plan = compileRule(rule, place, compilation);
  for (const { typeCondition } of plan.fragments) {
    const on = typeCondition.name.value;
    if (!fits(compilation.schema, on, type)) {
      compilation.problems.push(`${place}: the fragment of the rule is on ${on}, which ${type.name} is not`);
    }
  }
  return plan;
}

/** Whether a fragment on a type (or one of its interfaces or unions) selects from an object type. */
function fits(schema: GraphQLSchema, condition: string, type: GraphQLObjectType): boolean {
  const on = schema.getType(condition);
  return on === type || (isAbstractType(on) && schema.isSubType(on, type));
}

function setEach(rules: RulesByCoordinate, type: GraphQLObjectType, plan: RulePlan): void {
  for (const name of Object.keys(type.getFields())) rules.set(`${type.name}.${name}`, plan);
}

function ruledTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  );
}

function findType(name: string, { schema, problems }: Compilation): GraphQLObjectType | null {
  const types = ruledTypes(schema);
  const found = types.find(type => type.name === name);
  if (found !== undefined) return found;
  const other = schema.getType(name);
  if (name === '*') {
    problems.push('permissions.*: there is no wildcard for types; use options.fallbackRule');
  } else if (isAbstractType(other)) {
    // Shield takes such a rule and never asks it.
    const members = schema.getPossibleTypes(other).map(member => member.name);
    problems.push(`permissions.${name}: rules are for object types; write them for ${members.join(', ')}`);
  } else {
    const reason = other === undefined ? 'there is no such type' : 'only object types have rules';
    const names = types.map(type => type.name);
    problems.push(`permissions.${name}: ${reason}${other === undefined ? hint(name, names) : ''}`);
  }
  return null;
}

function hint(word: string, candidates: readonly string[]): string {
  const suggestion = nearest(word, candidates);
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}
