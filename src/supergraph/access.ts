import { type ConstDirectiveNode, type DocumentNode, valueFromASTUntyped } from 'graphql';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, namedAny } from './feature-names.ts';
import { requiredFields } from './required-fields.ts';

/** `[[a, b], [c]]`: a and b, or c. Without alternatives nobody satisfies it. */
export type Alternatives = readonly (readonly string[])[];

/** What a caller must have; everything that is said here must hold. */
export interface AccessRequirement {
  readonly authenticated: boolean;
  /** One entry an application of `@requiresScopes`; each must be satisfied. */
  readonly scopes: readonly Alternatives[];
  /** One entry an application of `@policy`; each must be satisfied. */
  readonly policies: readonly Alternatives[];
}

export interface AccessTable {
  /**
   * By `Type` or `Type.field`, as written: a field is bound by its own entry, by that of its parent and by that
   * of its type. Coordinates that require nothing are left out.
   */
  readonly requirements: ReadonlyMap<string, AccessRequirement>;
  /**
   * Field → all fields whose values reach it through `@requires` and `@fromContext`, also by way of other such
   * fields. Who may not read one of these must not read the field either.
   */
  readonly requires: ReadonlyMap<string, readonly string[]>;
}

interface AccessDirectives {
  readonly authenticated: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  readonly policies: ReadonlySet<string>;
}

/** Federation's access directives in a supergraph, under whatever names they were imported. */
export function readAccess(document: DocumentNode): AccessTable {
  const names: AccessDirectives = {
    authenticated: specDirective(document, 'authenticated'),
    scopes: specDirective(document, 'requiresScopes'),
    policies: specDirective(document, 'policy'),
  };
  const requirements = new Map<string, AccessRequirement>();
  for (const { coordinate, directives } of elementsOf(document)) {
    if (coordinate.endsWith(')')) continue;
    const requirement = readRequirement(directives, names);
    if (requirement === null) continue;
    requirements.set(coordinate, both(requirements.get(coordinate), requirement));
  }
  return Object.freeze({ requirements, requires: requiredFields(document) });
}

function specDirective(document: DocumentNode, name: string): ReadonlySet<string> {
  return featureDirectives(document, `https://specs.apollo.dev/${name}`, name);
}

function readRequirement(
  directives: readonly ConstDirectiveNode[],
  names: AccessDirectives,
): AccessRequirement | null {
  const scopes = namedAny(directives, names.scopes).map(node => readAlternatives(node, 'scopes'));
  const policies = namedAny(directives, names.policies).map(node => readAlternatives(node, 'policies'));
  const isMarked = namedAny(directives, names.authenticated).length > 0;
  if (!isMarked && scopes.length === 0 && policies.length === 0) return null;
  // Nothing of nothing holds for everyone. Who wrote `[[]]` did not mean strangers.
  const isVacuous = [...scopes, ...policies].some(alternatives => alternatives.some(all => all.length === 0));
  return Object.freeze({
    authenticated: isMarked || isVacuous,
    scopes: Object.freeze(scopes),
    policies: Object.freeze(policies),
  });
}

/** Lists of one may be written without brackets, as GraphQL coerces them; what is no name is unsatisfiable. */
function readAlternatives(directive: ConstDirectiveNode, name: string): Alternatives {
  const node = directive.arguments?.find(given => given.name.value === name)?.value;
  const value = node === undefined ? [] : valueFromASTUntyped(node);
  const alternatives = asList(value).map(asList);
  return Object.freeze(alternatives.filter(all => all.every(isName)).map(all => Object.freeze(all)));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isName(value: unknown): value is string {
  return typeof value === 'string';
}

function both(one: AccessRequirement | undefined, other: AccessRequirement): AccessRequirement {
  if (one === undefined) return other;
  return Object.freeze({
    authenticated: one.authenticated || other.authenticated,
    scopes: Object.freeze([...one.scopes, ...other.scopes]),
    policies: Object.freeze([...one.policies, ...other.policies]),
  });
}
