import { readFileSync } from 'node:fs';
import {
  type ASTNode,
  buildASTSchema,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  introspectionFromSchema,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  parse,
  printSchema,
  validate,
  validateSchema,
  visit,
} from 'graphql';
import { expect, test } from 'vitest';
import { ContractError, filterSchema } from '../../src/supergraph/contract/filter-schema.ts';
import { elementsOf } from '../../src/supergraph/coordinates.ts';
import { apiSchemaOf } from '../../src/supergraph/supported-features.ts';
import type { TagFilter } from '../../src/supergraph/tags.ts';
import { createRandom, type Random } from '../../subgraphs/shared/random.ts';
import { composeSupergraph } from '../support/compose.ts';
import { generateOperations } from '../support/generate-operations.ts';

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

const sdl = composeSupergraph(
  ['users', 'orders', 'products'].map(name => {
    const file = new URL(`../../subgraphs/${name}/schema.graphql`, import.meta.url);
    return { name, url: `http://${name}`, typeDefs: readFileSync(file, 'utf8') };
  }),
);
const apiSchema = apiSchemaOf(sdl);
const untagged = visit(parse(sdl), {
  Directive: node => (node.name.value === 'tag' ? null : undefined),
});

function tag(name: string): ConstDirectiveNode {
  const value = { kind: Kind.STRING, value: name } as const;
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'tag' },
    arguments: [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'name' }, value }],
  };
}

/** Arguments and input fields seldom, as one that is required leaves no contract. */
const EXCLUDED_SHARES: Readonly<Record<string, number>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 0.06,
  [Kind.INTERFACE_TYPE_DEFINITION]: 0.1,
  [Kind.UNION_TYPE_DEFINITION]: 0.1,
  [Kind.SCALAR_TYPE_DEFINITION]: 0.05,
  [Kind.FIELD_DEFINITION]: 0.12,
  [Kind.ENUM_VALUE_DEFINITION]: 0.04,
  [Kind.INPUT_VALUE_DEFINITION]: 0.03,
};

/** The example supergraph with the tags `x` and `in` on elements chosen by chance. */
function tagByChance(random: Random): DocumentNode {
  const enter = (node: ASTNode): ASTNode | false | undefined => {
    if (node.kind === Kind.DIRECTIVE_DEFINITION || node.kind === Kind.DIRECTIVE) return false;
    const share = EXCLUDED_SHARES[node.kind];
    if (share === undefined || !('directives' in node)) return undefined;
    const own = [...(random() < share ? [tag('x')] : []), ...(random() < 0.5 ? [tag('in')] : [])];
    return { ...node, directives: [...(node.directives ?? []), ...own] } as ASTNode;
  };
  return visit(untagged, { enter });
}

/** Coordinates of a schema, in the words of SDL. */
function coordinatesOf(schema: GraphQLSchema): ReadonlySet<string> {
  const elements = [...elementsOf(parse(printSchema(schema)))];
  return new Set(elements.map(({ coordinate }) => coordinate));
}

function namesIn(coordinates: Iterable<string>): ReadonlySet<string> {
  return new Set([...coordinates].flatMap(coordinate => coordinate.match(/\w+/g) ?? []));
}

/** Whether tags alone forbid an element; written apart from the code under test. */
function isForbidden(
  coordinate: string,
  tagged: ReadonlyMap<string, readonly string[]>,
  filter: TagFilter,
): boolean {
  const [type = '', member = ''] = coordinate.replace(/\(.*/, '').split('.');
  const has = (place: string, wanted: readonly string[] = []) =>
    (tagged.get(place) ?? []).some(name => wanted.includes(name));
  const places = [type, `${type}.${member}`, coordinate];
  if (places.some(place => has(place, filter.excludeTags))) return true;
  const owner = apiSchema.getType(type);
  const isAsked = isUnionType(owner) || (member !== '' && (isObjectType(owner) || isInterfaceType(owner)));
  return (
    filter.includeTags !== undefined &&
    isAsked &&
    !places.slice(0, 2).some(place => has(place, filter.includeTags))
  );
}

function tagsIn(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...elementsOf(document)].map(({ coordinate, directives }) => [
      coordinate,
      directives
        .filter(({ name }) => name.value === 'tag')
        .map(({ arguments: [given] = [] }) => (given?.value.kind === Kind.STRING ? given.value.value : '')),
    ]),
  );
}

interface Made {
  readonly document: DocumentNode;
  readonly filter: TagFilter;
  readonly contract: GraphQLSchema;
}

function makeContract(seed: number): Made | null {
  const random = createRandom(seed);
  const document = tagByChance(random);
  const filter = random() < 0.5 ? { excludeTags: ['x'] } : { includeTags: ['in'], excludeTags: ['x'] };
  try {
    return { document, filter, contract: filterSchema({ document, apiSchema }, filter) };
  } catch (error) {
    if (error instanceof ContractError && error.problems.every(({ coordinate }) => coordinate !== 'schema'))
      return null;
    throw error;
  }
}

const made = SEEDS.map(makeContract).filter(contract => contract !== null);
const all = coordinatesOf(apiSchema);

/** Of SDL and of introspection, such as `input`, `name` and `description`. */
const OWN_WORDS = namesIn([
  'input',
  JSON.stringify(introspectionFromSchema(buildASTSchema(parse('type Query { a: Int }')))),
]);

test('many filters by chance leave a contract, each a valid schema and smaller than the whole', () => {
  expect(made.length).toBeGreaterThan(SEEDS.length / 3);
  for (const { contract } of made) {
    expect(validateSchema(contract)).toEqual([]);
    expect(() => buildASTSchema(parse(printSchema(contract)))).not.toThrow();
    const left = coordinatesOf(contract);
    expect(left.size).toBeLessThan(all.size);
    expect([...left].filter(coordinate => !all.has(coordinate))).toEqual([]);
  }
});

test('no contract has what its tags forbid', () => {
  for (const { contract, document, filter } of made) {
    const tagged = tagsIn(document);
    const forbidden = [...coordinatesOf(contract)].filter(place => isForbidden(place, tagged, filter));
    expect(forbidden).toEqual([]);
  }
});

test('no field that an object hides can be read through an interface of it', () => {
  for (const { contract } of made) {
    for (const type of Object.values(contract.getTypeMap()).filter(isObjectType)) {
      const whole = apiSchema.getType(type.name);
      const hidden = isObjectType(whole)
        ? Object.keys(whole.getFields()).filter(name => !(name in type.getFields()))
        : [];
      for (const implemented of isObjectType(whole) ? whole.getInterfaces() : []) {
        const shown = contract.getType(implemented.name);
        if (!isInterfaceType(shown)) continue;
        expect(type.getInterfaces()).toContain(shown);
        expect(hidden.filter(name => name in shown.getFields())).toEqual([]);
      }
    }
  }
});

test('no name that is hidden everywhere is printed or introspected', () => {
  const withoutDescriptions = (text: string): string => {
    const document = visit(parse(text, { noLocation: true }), {
      enter: node => ('description' in node ? { ...node, description: undefined } : undefined),
    });
    return printSchema(buildASTSchema(document));
  };
  let hiddenNames = 0;
  for (const { contract } of made) {
    const shown = namesIn(coordinatesOf(contract));
    const hidden = [...namesIn(all)].filter(name => !shown.has(name));
    const printed = new Set(withoutDescriptions(printSchema(contract)).match(/\w+/g));
    const introspected = new Set(
      JSON.stringify(introspectionFromSchema(contract, { descriptions: false })).match(/\w+/g),
    );
    expect(hidden.filter(name => printed.has(name) && !OWN_WORDS.has(name))).toEqual([]);
    expect(hidden.filter(name => introspected.has(name) && !OWN_WORDS.has(name))).toEqual([]);
    hiddenNames += hidden.length;
  }
  expect(hiddenNames).toBeGreaterThan(100);
});

test('what is valid for a contract is valid for the whole API schema', () => {
  let operations = 0;
  for (const [index, { contract }] of made.entries()) {
    for (const { query } of generateOperations(contract, { seed: index, count: 8, maxDepth: 4 })) {
      expect(validate(apiSchema, parse(query))).toEqual([]);
      operations += 1;
    }
  }
  expect(operations).toBe(made.length * 8);
});

test('a chain of types that unravels from its far end is followed to where something is left', () => {
  const types = Array.from({ length: 1_000 }, (_, index) => {
    const fields = Array.from(
      { length: 5 },
      (_, field) => `f${field}(a: Int = 1): String @tag(name: "${index}")`,
    );
    return index < 500
      ? `type T${index} { next: T${index + 1} ${fields.join(' ')} }`
      : `type T${index} { next: T${index + 1} }`;
  });
  const document = parse(`type Query { t: T0 } ${types.join(' ')} type T1000 { a: Int @tag(name: "x") }`);
  const large = buildASTSchema(document, { assumeValidSDL: true });
  const contract = filterSchema({ document, apiSchema: large }, { excludeTags: ['x', '7'] });
  expect(contract.getType('T499')).toBeDefined();
  expect(contract.getType('T500')).toBeUndefined();
});
