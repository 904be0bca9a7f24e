import { type FieldNode, Kind } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type PartWish, partsOf } from '../../../src/policy/rate-limit/parts.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { limitsOf } from './limits.ts';

const field = (value: string): FieldNode => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value } });
const pruning = (...nodes: readonly FieldNode[]): PartWish => ({
  limit: { shadow: false, onExceeded: 'prune' },
  nodes: new Set(nodes),
});

describe('buckets', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(field) as [FieldNode, FieldNode, FieldNode, FieldNode];

  test('of one field are one part, however many fields lie between them', () => {
    const parts = partsOf([pruning(a), pruning(b), pruning(c), pruning(a, b), pruning(d, c), pruning(b, c)]);
    expect(new Set(parts).size).toBe(1);
    expect(new Set(partsOf([pruning(a), pruning(b), pruning(a, c)])).size).toBe(2);
  });

  test('of shadow limits and of whole operations join nothing', () => {
    const shadow: PartWish = { limit: { shadow: true, onExceeded: 'prune' }, nodes: new Set([a, b]) };
    const whole: PartWish = { limit: { shadow: false, onExceeded: 'reject' }, nodes: new Set([a, b]) };
    const [first, second, third, fourth] = partsOf([pruning(a), shadow, whole, pruning(b)]);
    expect([second, third]).toEqual(['shadow:1', null]);
    expect(first).not.toBe(fourth);
  });
});

/** By the definition: whoever meets a field of another is renamed, and all that have its name with it. */
function partsByRenaming(wishes: readonly PartWish[]): readonly (string | null)[] {
  const parts = wishes.map(({ limit }, index) => {
    if (limit.shadow) return `shadow:${index}`;
    return limit.onExceeded === 'prune' ? `field:${index}` : null;
  });
  for (const [index, { nodes, limit }] of wishes.entries()) {
    if (limit.shadow || limit.onExceeded !== 'prune') continue;
    for (const [before, other] of wishes.slice(0, index).entries()) {
      const isJoined = !other.limit.shadow && other.limit.onExceeded === 'prune';
      if (!isJoined || ![...nodes].some(node => other.nodes.has(node))) continue;
      const name = parts[before];
      for (const [at, part] of parts.entries()) if (part === name) parts[at] = `field:${index}`;
    }
  }
  return parts;
}

/** The same numbers each time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('whichever fields and limits there are, the parts are those of the definition', () => {
  const random = randomFrom(7);
  for (let run = 0; run < 2_000; run++) {
    const fields = Array.from({ length: 1 + random(12) }, (_, index) => field(`f${index}`));
    const wishes = Array.from({ length: random(14) }, (): PartWish => {
      const nodes = Array.from({ length: random(4) }, () => fields[random(fields.length)] as FieldNode);
      const onExceeded = random(6) === 0 ? 'reject' : 'prune';
      return { limit: { shadow: random(6) === 0, onExceeded }, nodes: new Set(nodes) };
    });
    expect(partsOf(wishes)).toEqual(partsByRenaming(wishes));
  }
});

/** The shortest of some runs: others use the machine, too. */
function shortest(run: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    using time = startOwnTime();
    run();
    return time.ms;
  });
  return Math.min(...times);
}

describe('who writes many fields with three limits each', () => {
  test.each([
    ['that meet in a chain', (i: number) => i >> 1],
    ['that all meet in the last', (i: number) => (i === 4_999 ? 0 : i)],
    ['that meet nowhere', (i: number) => i],
  ])('%s makes as much work as there are fields', (_, second) => {
    const fields = Array.from({ length: 5_000 }, (__, index) => field(`f${index}`));
    const byValue = (valueAt: (index: number) => number): readonly PartWish[] => {
      const groups = new Map<number, FieldNode[]>();
      for (const [index, node] of fields.entries())
        groups.set(valueAt(index), [...(groups.get(valueAt(index)) ?? []), node]);
      return [...groups.values()].map(nodes => pruning(...nodes));
    };
    const wishes = [...byValue(i => i), ...byValue(second), ...byValue(i => (i + 1) >> 1)];
    // Renaming took from 300 ms on, where this takes less than 15.
    expect(shortest(() => partsOf(wishes))).toBeLessThan(150);
  });

  test('has them compiled and bound in time that grows with them', () => {
    const prune = (path: string) =>
      `@rateLimit(limit: 3, window: "1h", by: ["arg:${path}"], onExceeded: "prune")`;
    const { bind } = limitsOf({
      schema: `type Query { a(x: Int, y: Int, z: Int): Int ${prune('x')} ${prune('y')} ${prune('z')} }`,
    });
    const times = [500, 4_000].map(count => {
      const fields = Array.from({ length: count }, (_, i) => `a${i}: a(x: ${i}, y: ${i >> 1}, z: ${i % 7})`);
      expect(bind(`{ ${fields.join(' ')} }`)).toHaveLength(count + count / 2 + 7);
      return shortest(() => bind(`{ ${fields.join(' ')} }`));
    }) as [number, number];
    // Eight times as many; what grows with the square takes 64 times as long.
    expect(times[1] / times[0]).toBeLessThan(24);
  });
});
