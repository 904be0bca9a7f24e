import { buildSchema } from 'graphql';
import { createRandom } from '../../../subgraphs/shared/random.ts';

export const schema = buildSchema(`
  scalar Json
  enum Colour { RED GREEN }
  interface Any { id: ID! name: String next: Any all: [Any!] }
  type Leaf implements Any { id: ID! name: String next: Any all: [Any!] s: String! i: Int f: Float! b: Boolean e: Colour j: Json tags: [String!]! grid: [[Int!]] }
  type Node implements Any { id: ID! name: String next: Any all: [Any!] leaf: Leaf leaves: [Leaf]! pair: [[Leaf!]!] e: Colour! union: Both }
  union Both = Leaf | Node
  type Query { leaf: Leaf leaves: [Leaf!]! node: Node any: Any anys: [Any] strict: [Node!] both: [Both!] }
`);

/** Whole numbers below a bound, the same ones for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  const random = createRandom(seed);
  return below => Math.floor(random() * below);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T;
}

export const STRINGS = [
  '',
  'a',
  'plain text',
  'quo"te',
  'back\\slash',
  '\n\r\t\b\f',
  '\u0000\u001f\u007f',
  '\ud800',
  '\udfff x',
  '\udc00\ud800',
  '💧 emoji',
  '\u2028\u2029',
  '</script>',
  '__proto__',
  'é'.repeat(300),
  'long '.repeat(500),
];
const INTS = [0, -0, 1, -1, 2_147_483_647, -2_147_483_648];
const FLOATS = [...INTS, 0.1, -1e-7, 1e21, 1.7976931348623157e308, 5e-324, 123456789012345680000];
const ANYTHING: readonly unknown[] = [
  null,
  true,
  1e21,
  'x"',
  [],
  {},
  [null, { a: ['\ud800'] }],
  { a: { b: [1, 'é'] }, constructor: 1 },
];
/** What fits no leaf type but the custom one. */
const MISFITS = [{}, [], [1], { a: 1 }];

interface FieldOf {
  readonly name: string;
  readonly type: string;
}

const OBJECTS = ['Leaf', 'Node'] as const;

export function fieldsOf(typeName: string): readonly FieldOf[] {
  const type = schema.getType(typeName);
  const fields = type !== undefined && 'getFields' in type ? Object.values(type.getFields()) : [];
  return fields.map(field => ({ name: field.name, type: String(field.type) }));
}

/** One value twice: as a subgraph sends it, and as graphql-js has to see it to find the same mistakes. */
interface Twin {
  readonly sent: unknown;
  readonly seen: unknown;
}

export interface DataOptions {
  readonly random: Random;
  /** One value in so many does not fit; 0: all fit. */
  readonly misfitOneIn: number;
}

export function randomObject(typeName: string, depth: number, options: DataOptions): Twin {
  const sent: Record<string, unknown> = { __typename: typeName };
  const seen: Record<string, unknown> = { __typename: typeName };
  for (const { name, type } of fieldsOf(typeName)) {
    const value = randomValue(type, depth, options);
    sent[name] = value.sent;
    seen[name] = value.seen;
  }
  return { sent, seen };
}

function randomValue(type: string, depth: number, options: DataOptions): Twin {
  const { random, misfitOneIn } = options;
  const wrong = misfitOneIn > 0 && random(misfitOneIn) === 0;
  const nonNull = type.endsWith('!');
  const nullable = nonNull ? type.slice(0, -1) : type;
  if (nonNull ? wrong && random(2) === 0 : random(5) === 0) return { sent: null, seen: null };
  if (nullable.startsWith('[')) {
    if (wrong) return misfit('no list');
    const items = Array.from({ length: depth > 1 ? random(4) : 0 }, () =>
      randomValue(nullable.slice(1, -1), depth - 1, options),
    );
    return { sent: items.map(({ sent }) => sent), seen: items.map(({ seen }) => seen) };
  }
  const leaf = randomLeaf(nullable, random);
  if (leaf !== undefined)
    return wrong && nullable !== 'Json' ? misfit(pick(random, MISFITS)) : { sent: leaf, seen: leaf };
  if (depth <= 0) return nonNull ? misfit('too deep') : { sent: null, seen: null };
  if (wrong)
    return misfit(
      pick(random, [
        'word',
        1,
        true,
        ...(nullable === 'Leaf' || nullable === 'Node' ? [] : [{ __typename: 'Nobody' }]),
      ]),
    );
  const isAbstract = nullable === 'Any' || nullable === 'Both';
  return randomObject(isAbstract ? pick(random, OBJECTS) : nullable, depth - 1, options);
}

function misfit(sent: unknown): Twin {
  return { sent, seen: new Error('does not fit') };
}

function randomLeaf(type: string, random: Random): unknown {
  switch (type) {
    case 'ID':
      return pick<unknown>(random, [...STRINGS, 0, 7, -3]);
    case 'String':
      return pick(random, STRINGS);
    case 'Int':
      return pick(random, INTS);
    case 'Float':
      return pick(random, FLOATS);
    case 'Boolean':
      return pick(random, [true, false]);
    case 'Colour':
      return pick(random, ['RED', 'GREEN']);
    case 'Json':
      return pick<unknown>(random, ANYTHING);
    default:
      return undefined;
  }
}

/** A valid operation with aliases, fragments and conditions on `$a` and `$b`. */
export function randomOperation(random: Random): string {
  const fragments = OBJECTS.map(type => `fragment Of${type} on ${type} ${selection(type, 1, random)}`);
  return `query Main($a: Boolean!, $b: Boolean!) ${selection('Query', 4, random)} ${fragments.join(' ')}
    fragment OfAny on Any { name ...OfLeaf ...OfNode } query Uses($a: Boolean!, $b: Boolean!) { any { ...OfAny } }`;
}

const CONDITIONS = [
  '',
  '',
  '',
  '@include(if: $a)',
  '@skip(if: $b)',
  '@include(if: $b) @skip(if: $a)',
  '@include(if: true)',
  '@skip(if: true)',
];

function selection(typeName: string, depth: number, random: Random): string {
  const parts = [pick(random, ['__typename', 'kind: __typename', '', ''])];
  const fields = fieldsOf(typeName);
  for (let count = 1 + random(6); fields.length > 0 && count > 0; count--) {
    const { name, type } = pick(random, fields);
    const named = type.replace(/[[\]!]/g, '');
    const isComposite = ['Leaf', 'Node', 'Any', 'Both'].includes(named);
    if (isComposite && depth <= 0) continue;
    const alias = pick(random, ['', '', `${name}1: `, `${name}2: `]);
    parts.push(
      `${alias}${name} ${pick(random, CONDITIONS)} ${isComposite ? selection(named, depth - 1, random) : ''}`,
    );
  }
  if (typeName === 'Any' || typeName === 'Both') {
    for (const type of OBJECTS)
      if (random(2) === 0)
        parts.push(`... on ${type} ${pick(random, CONDITIONS)} ${selection(type, depth - 1, random)}`);
    if (random(2) === 0 && depth > 1) parts.push(`...OfAny ${pick(random, CONDITIONS)}`);
  } else if (typeName !== 'Query' && random(4) === 0 && depth > 1)
    parts.push(`...Of${typeName} ${pick(random, CONDITIONS)}`);
  const text = parts.filter(part => part.trim() !== '').join(' ');
  return `{ ${text === '' ? '__typename' : text} }`;
}
