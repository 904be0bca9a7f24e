import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { splitOperation } from '../../../src/execution/planners/operation/plannable.ts';
import { buildShape } from '../../../src/execution/project/build-shape.ts';
import { startOwnTime } from '../../support/own-time.ts';

const schema = buildSchema(`
  interface Being { id: ID name: String x: T y: T }
  type T implements Being { id: ID name: String x: T y: T being: Being list: [T] }
  type U implements Being { id: ID name: String x: T y: T }
  type Query { t: T x: T y: T }
`);

/** All that is done before a planner sees an operation. Says how it ended and how long it took. */
function prepare(text: string): { readonly outcome: string; readonly ms: number; readonly mib: number } {
  const document = parse(text);
  const operation = document.definitions[0] as OperationDefinitionNode;
  const heap = process.memoryUsage().heapUsed;
  using time = startOwnTime();
  let outcome = 'ok';
  try {
    const { responseKeys } = splitOperation(document, operation, {
      rootTypeName: 'Query',
      reserved: new Set(),
      hidingSchema: null,
    });
    buildShape({ schema, document, operation, responseKeys, owners: new Map() });
  } catch (error) {
    outcome = error instanceof GatewayError ? error.code : String(error);
  }
  return {
    outcome,
    ms: time.ms,
    mib: (process.memoryUsage().heapUsed - heap) / 1024 ** 2,
  };
}

function times(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join('\n');
}

/** Every path down a tree of `x` and `y` selects another set of markers, so no two shapes are alike. */
function subsets(depth: number, below: string): string {
  return `{ t { ${times(depth, marker => `x { ...M${marker}_0 } `)} ...Base0 } }
    ${times(depth, level => `fragment Base${level} on T { ${level + 1 < depth ? `x { ...M${level}_${level + 1} ...Base${level + 1} } y { ...Base${level + 1} }` : below} }`)}
    ${times(depth, marker => times(depth, level => `fragment M${marker}_${level} on T { ${level + 1 < depth ? `x { ...M${marker}_${level + 1} } y { ...M${marker}_${level + 1} }` : below} }`))}`;
}

const wide = times(1_200, index => `a${index}: id`);

const bombs: Readonly<Record<string, string>> = {
  'fragments that spread twice, forty deep': `{ t { ...F0 } } ${times(40, index => `fragment F${index} on T { ...F${index + 1} ...F${index + 1} }`)} fragment F40 on T { id }`,
  'fragments below two fields, forty deep': `{ t { ...F0 } } ${times(40, index => `fragment F${index} on T { x { ...F${index + 1} } y { ...F${index + 1} } }`)} fragment F40 on T { id }`,
  'fragments on themselves and below a field': `{ t { ...F0 } } ${times(40, index => `fragment F${index} on T { ...F${index + 1} x { ...F${index + 1} y { ...F${index + 1} } } }`)} fragment F40 on T { id }`,
  'fragments below aliases': `{ t { ...F0 } } ${times(30, index => `fragment F${index} on T { ${times(5, alias => `a${alias}: x { ...F${index + 1} }`)} }`)} fragment F30 on T { id }`,
  'a subset of fragments at every path': subsets(14, 'id'),
  'a wide selection below every path': `${subsets(10, `...W`)} fragment W on T { ${wide} }`,
  'a wide selection below hundreds of fields': `{ ${times(500, index => `t${index}: t { ...W }`)} } fragment W on T { ${wide} }`,
  'conditions that multiply': `query (${times(14, index => `$v${index}: Boolean!`)}) { t { ...C0 } } ${times(14, index => `fragment C${index} on T { ... @include(if: $v${index}) { ...C${index + 1} } ... @skip(if: $v${index}) { ...C${index + 1} } ...C${index + 1} }`)} fragment C14 on T { id x { id } }`,
  'conditions on one field': `query (${times(200, index => `$v${index}: Boolean!`)}) { t { ${times(200, index => `x @include(if: $v${index}) { ${times(5, deep => `y @include(if: $v${(index + deep) % 200}) { id }`)} }`)} } }`,
  'ten thousand aliases of one field': `{ t { ${times(10_000, index => `a${index}: id`)} } }`,
  'one field ten thousand times': `{ t { ${'id '.repeat(10_000)} } }`,
  'one object field three thousand times': `{ ${'t { x { id } } '.repeat(3_000)} }`,
  'type conditions inside each other': `{ t { being { ${'... on Being { ... on T { '.repeat(40)} id ${'} }'.repeat(40)} } } }`,
};

test.each(Object.entries(bombs))('%s end soon', (_name, text) => {
  const { outcome, ms, mib } = prepare(text);
  expect(['ok', 'DOCUMENT_LIMIT_EXCEEDED']).toContain(outcome);
  expect(ms).toBeLessThan(2_500);
  expect(mib).toBeLessThan(400);
});
