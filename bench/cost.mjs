// How long it takes to compile and to evaluate the cost of operations of 2,000 fields. Needs a build of Weir.
import { compileCost } from '../dist/src/policy/cost/compile.js';
import { CostModel } from '../dist/src/policy/cost/model.js';
import { readCostDirectives } from '../dist/src/supergraph/cost-directives.js';
// The one that the build has: this folder may have another, whose schemas the build does not take.
import { buildSchema, getOperationAST, parse } from '../node_modules/graphql/index.js';

const FIELDS = 2_000;
const ROUNDS = 400;
const TARGETS = { compileMs: 2, evaluateUs: 50 };

const typeDefs = `
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  type Query { user(id: ID): User users(first: Int, last: Int): [User!]! @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false) node: Node }
  interface Node { id: ID! name: String tags: [String!] friends(first: Int): [User!]! }
  type User implements Node @cost(weight: 2) {
    id: ID! name: String tags: [String!] score: Float @cost(weight: 5)
    friends(first: Int, filter: Filter): [User!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
    posts(page: Page): Posts @listSize(slicingArguments: ["page.first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
  }
  type Robot implements Node { id: ID! name: String tags: [String!] friends(first: Int): [User!]! model: String }
  type Posts { nodes: [Post!]! total: Int }
  type Post { id: ID! title: String author: User }
  input Page { first: Int = 10 }
  input Filter { text: String @cost(weight: 3) any: [Filter!] }
`;

const schema = buildSchema(typeDefs);
const table = readCostDirectives(parse(typeDefs));
const config = { defaultListSize: 10, weights: {}, listSizes: {} };

/** Repeats a selection under new aliases until there are as many fields as wanted. */
function repeat(fieldsEach, selection) {
  return Array.from({ length: FIELDS / fieldsEach }, (_, index) => selection(index)).join(' ');
}

const OPERATIONS = {
  'leaves and objects, nothing depends on variables': {
    query: `{ ${repeat(5, n => `a${n}: user(id: "${n}") { id name tags score }`)} }`,
    variables: {},
  },
  'every fourth field a list that a variable sizes': {
    query: `query ($n: Int) { ${repeat(8, n => `a${n}: users(first: $n) { id name score friends(first: $n) { id name tags } }`)} }`,
    variables: { n: 7 },
  },
  'a list, sized fields, an input and a condition for each ten fields, all by variables': {
    query: `query ($n: Int, $page: Page, $filter: Filter, $with: Boolean!) { ${repeat(
      10,
      n =>
        `a${n}: users(first: $n, last: 3) { id ...F friends(filter: $filter) @include(if: $with) { id name } posts(page: $page) { nodes { id title } } }`,
    )} } fragment F on User { name tags }`,
    variables: { n: 7, page: { first: 4 }, filter: { any: [{ text: 'a' }] }, with: true },
  },
  'nothing but lists, sized by a hundred variables': {
    query: `query (${Array.from({ length: 100 }, (_, n) => `$v${n}: Int`)}) { user { ${repeat(2, n => `a${n}: friends(first: $v${n % 100}) { id }`)} } }`,
    variables: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`v${n}`, n])),
  },
  'an interface of two types, with fragments for each': {
    query: `{ ${repeat(10, n => `a${n}: node { id name tags ... on User { score friends(first: 2) { id } } ... on Robot { model id } }`)} }`,
    variables: {},
  },
};

const median = samples => samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)];

function time(rounds, work) {
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    work();
    samples.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  // The first half warms up.
  return median(samples.slice(rounds / 2));
}

let failed = false;
console.log('| operation | compile ms | evaluate µs | cost |');
console.log('| --- | --- | --- | --- |');
for (const [name, { query, variables }] of Object.entries(OPERATIONS)) {
  const document = parse(query);
  const operation = { document, definition: getOperationAST(document), schema };
  const model = new CostModel({ schema, table, config });
  const compileMs = time(ROUNDS, () => compileCost(operation, model));
  const plan = compileCost(operation, model);
  const bound = Object.assign(Object.create(null), variables);
  const evaluateUs = time(4 * ROUNDS, () => plan.estimate(bound)) * 1_000;
  if (compileMs > TARGETS.compileMs || evaluateUs > TARGETS.evaluateUs) failed = true;
  console.log(`| ${name} | ${compileMs.toFixed(2)} | ${evaluateUs.toFixed(1)} | ${plan.estimate(bound)} |`);
}
console.log(`\nTargets: at most ${TARGETS.compileMs} ms and ${TARGETS.evaluateUs} µs.`);
if (failed) process.exitCode = 1;
