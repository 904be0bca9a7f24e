import type { buildSubgraphSchema } from '@apollo/subgraph';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { createRandom } from '../../subgraphs/shared/random.ts';
import type { FakeSubgraph } from '../support/fake-subgraph.ts';

type Resolvers = NonNullable<
  Parameters<typeof buildSubgraphSchema>[0] extends infer M
    ? M extends { resolvers?: infer R }
      ? R
      : never
    : never
>;

type CacheInput = NonNullable<GatewayConfigInput['cache']>;

export interface RandomGraph {
  readonly subgraphs: Readonly<Record<'a' | 'b' | 'c', FakeSubgraph>>;
  readonly cache: CacheInput;
  /** Subgraphs that are told who asks, and say so in each of their values. */
  readonly told: readonly string[];
  /** Type.field → how old a value of it may be, ms; of others nothing is said. */
  readonly allowedMs: ReadonlyMap<string, number>;
  readonly types: readonly string[];
  /** From now on subgraphs answer with this. */
  version: number;
}

/** A value of a field, with the version that was true when it was given, and for whom. */
export const VALUE = /([TQ]\w+\.\w+)\([^)]*\)@(\d+)(?: of (\w+))?/g;

const TYPES = ['T0', 'T1', 'T2'] as const;
const SUBGRAPHS = ['a', 'b', 'c'] as const;

/** Entities of three subgraphs, at random: their fields, what they refer to, what may be kept and for how long. */
export function randomGraph(seed: number): RandomGraph {
  const random = createRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const some = (most: number): number[] => Array.from({ length: 1 + below(most) }, (_, i) => i);
  const told = SUBGRAPHS.filter(() => random() < 0.4);
  const graph = { version: 0 };
  const fields = new Map<string, readonly string[]>();
  const define = (name: (typeof SUBGRAPHS)[number]): FakeSubgraph => {
    const isTold = told.includes(name);
    const text = (coordinate: string) => (_: unknown, args: { n?: number | null }, headers: unknown) => {
      const who = (headers as Record<string, string | undefined>)['x-user-id'] ?? 'nobody';
      return `${coordinate}(${args.n})@${graph.version}${isTold ? ` of ${who}` : ''}`;
    };
    const resolvers: Record<string, Record<string, unknown>> = {};
    const typeDefs: string[] = [];
    const own = TYPES.filter(() => name === 'a' || random() < 0.7);
    for (const type of own) {
      const scalars = some(3).map(i => `${name}${i}`);
      const refs = some(2).map(
        i => [`${name}To${i}`, own[below(own.length)] ?? type, random() < 0.5] as const,
      );
      fields.set(type, [...(fields.get(type) ?? []), ...scalars, ...refs.map(([field]) => field)]);
      typeDefs.push(`type ${type} @key(fields: "id") { id: ID!
        ${scalars.map(field => `${field}(n: Int = 1): String`).join(' ')}
        ${refs.map(([field, target, isList]) => `${field}: ${isList ? `[${target}!]` : target}`).join(' ')} }`);
      const step = 1 + below(3);
      resolvers[type] = {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        ...Object.fromEntries(scalars.map(field => [field, text(`${type}.${field}`)])),
        ...Object.fromEntries(
          refs.map(([field, , isList]) => [field, ({ id }: { id: string }) => reference(id, step, isList)]),
        ),
      };
    }
    const roots = own.map((type, i) => [`${name}Root${i}`, type, random() < 0.6] as const);
    fields.set('Query', [...(fields.get('Query') ?? []), `${name}Text`, ...roots.map(([field]) => field)]);
    typeDefs.push(`type Query { ${name}Text(n: Int = 1): String
      ${roots.map(([field, type, isList]) => `${field}: ${isList ? `[${type}]` : type}`).join(' ')} }`);
    resolvers['Query'] = {
      [`${name}Text`]: text(`Query.${name}Text`),
      ...Object.fromEntries(
        roots.map(([field, , isList]) => [
          field,
          () => (isList ? ['1', '2', '3'].map(id => ({ id })) : { id: '2' }),
        ]),
      ),
    };
    return { typeDefs: typeDefs.join('\n'), resolvers: resolvers as Resolvers };
  };
  const subgraphs = { a: define('a'), b: define('b'), c: define('c') };
  const allowedMs = new Map<string, number>();
  const hints: Record<string, NonNullable<CacheInput['fields']>[string]> = {};
  const hint = (coordinate: string): void => {
    const [maxAge, stale] = [below(3) * 15, below(2) * 10];
    const scope = ([undefined, 'PUBLIC', 'PRIVATE'] as const)[below(3)];
    hints[coordinate] = {
      maxAge: `${maxAge}s`,
      ...(stale > 0 && maxAge > 0 ? { staleWhileRevalidate: `${stale}s` } : {}),
      ...(scope === undefined ? {} : { scope }),
    };
    allowedMs.set(coordinate, (maxAge === 0 ? 0 : maxAge + stale) * 1_000);
  };
  for (const [type, names] of fields) {
    if (type !== 'Query' && random() < 0.6) hint(type);
    for (const field of names) if (random() < 0.25) hint(`${type}.${field}`);
  }
  return Object.assign(graph, {
    subgraphs,
    told,
    allowedMs,
    types: TYPES,
    cache: { jitter: 0, defaultMaxAge: `${below(2) * 40}s`, fields: hints } satisfies CacheInput,
  });
}

function reference(id: string, step: number, isList: boolean): object {
  const to = { id: String(1 + ((Number(id) + step) % 4)) };
  return isList ? [to, { id }] : to;
}
