import { describe, expect, test } from 'vitest';
import { pickTarget } from '../../../../src/execution/fetch/targets/pick.ts';
import type { Target } from '../../../../src/execution/fetch/targets/target.ts';
import { TargetGroup } from '../../../../src/execution/fetch/targets/target-group.ts';
import { handClock } from '../../../support/test-identity.ts';
import { randomFrom } from '../../project/random.ts';

const SETTINGS = { failures: 5, outFor: 10_000, maxOutFor: 25_000 };

/** A group of so many targets, and what it tells. */
function group(count: number, settings = SETTINGS) {
  const clock = handClock();
  const told: string[] = [];
  const places = Array.from({ length: count }, (_, index) => ({
    endpoint: `e${index}`,
    address: `h:${index}`,
  }));
  const events = {
    ejected: ({ address }: Target, forMs: number) => void told.push(`${address} out for ${forMs}`),
    returned: ({ address }: Target) => void told.push(`${address} back`),
  };
  const made = new TargetGroup({ places, settings, events });
  const [first, second, third] = made.targets as [Target, Target, Target];
  const end = (target: Target, finding: 'well' | 'failing' | null, startedAt = clock.at): void => {
    target.pending++;
    made.ended(target, { startedAt, now: clock.at, finding });
  };
  return {
    made,
    clock,
    told,
    targets: { first, second, third },
    end,
    fail(target: Target, times = 5): void {
      for (let count = 0; count < times; count++) end(target, 'failing');
    },
    /** Of so many requests, one after the other, who gets them. */
    turns(times: number): string {
      const taken = Array.from({ length: times }, () => {
        const target = made.take(clock.at);
        made.ended(target, { startedAt: clock.at, now: clock.at, finding: 'well' });
        return target.endpoint;
      });
      return taken.join(' ');
    },
  };
}

const SERVING = { state: { kind: 'serving' as const } };
const EJECTED = { state: { kind: 'ejected' as const } };

describe('whose turn it is', () => {
  test('goes round', () => {
    expect(group(3).turns(7)).toBe('e0 e1 e2 e0 e1 e2 e0');
  });

  test('is with those that have the fewest requests in flight', () => {
    const { made, clock } = group(3);
    const [slow] = [made.take(clock.at)];
    expect(slow.endpoint).toBe('e0');
    expect(Array.from({ length: 5 }, () => made.take(clock.at).endpoint)).toEqual([
      'e1',
      'e2',
      'e0',
      'e1',
      'e2',
    ]);
  });

  test('never comes to one that is ejected, even if all others have more to do', () => {
    const targets = [
      { ...SERVING, pending: 7 },
      { ...EJECTED, pending: 0 },
      { ...SERVING, pending: 9 },
    ];
    expect(pickTarget(targets, 0)).toBe(0);
    expect(pickTarget([{ ...EJECTED, pending: 0 }], 0)).toBe(-1);
  });
});

describe('a target', () => {
  test('is out after five failures in a row, and back after ten seconds', () => {
    const { fail, turns, clock, told, targets } = group(3);
    fail(targets.second, 4);
    expect(told).toEqual([]);
    fail(targets.second, 1);
    expect(told).toEqual(['h:1 out for 10000']);
    expect(turns(4)).toBe('e0 e2 e0 e2');
    clock.at += 9_999;
    expect(turns(2)).toBe('e0 e2');
    clock.at += 1;
    expect(turns(3)).toBe('e0 e1 e2');
    expect(told).toEqual(['h:1 out for 10000', 'h:1 back']);
  });

  test('stays where a request between the failures did well', () => {
    const { fail, end, told, targets } = group(3);
    fail(targets.first, 4);
    end(targets.first, 'well');
    fail(targets.first, 4);
    end(targets.first, null);
    expect(told).toEqual([]);
    fail(targets.first, 1);
    expect(told).toHaveLength(1);
  });

  test('is out for longer each time, up to a bound, and begins anew after it was well for long', () => {
    const { fail, clock, told, targets, turns } = group(3);
    const again = (afterMs: number): void => {
      clock.at += afterMs;
      turns(1);
      fail(targets.first);
    };
    again(0);
    again(10_000);
    again(20_000);
    again(25_000);
    clock.at += 25_000;
    turns(1);
    again(25_001);
    expect(told.filter(line => line.includes('out'))).toEqual([
      'h:0 out for 10000',
      'h:0 out for 20000',
      'h:0 out for 25000',
      'h:0 out for 25000',
      'h:0 out for 10000',
    ]);
  });

  test('is not blamed for what was sent to it before it was out', () => {
    const { fail, end, clock, told, targets, turns } = group(3);
    const before = clock.at;
    clock.at += 1;
    fail(targets.first);
    fail(targets.first, 20);
    clock.at += 10_000;
    turns(1);
    for (let count = 0; count < 9; count++) end(targets.first, 'failing', before);
    expect(told).toEqual(['h:0 out for 10000', 'h:0 back']);
  });

  test('that is the only one, or one of two while the other is out, gets its requests whatever happens', () => {
    const alone = group(1);
    alone.fail(alone.targets.first, 50);
    expect(alone.told).toEqual([]);
    const two = group(2);
    two.fail(two.targets.first);
    two.fail(two.targets.second, 50);
    expect(two.told).toEqual(['h:0 out for 10000']);
    expect(two.turns(2)).toBe('e1 e1');
  });

  test('that failed while no more could be out is out at its next failure after one is back', () => {
    const { fail, clock, told, targets } = group(2);
    fail(targets.first);
    fail(targets.second, 6);
    clock.at += 10_000;
    fail(targets.second, 1);
    expect(told).toEqual(['h:0 out for 10000', 'h:0 back', 'h:1 out for 10000']);
  });
});

describe('a probe', () => {
  test('that does well ends an ejection early', () => {
    const { made, fail, clock, told, targets, turns } = group(3);
    fail(targets.first);
    clock.at += 1_000;
    made.probed(targets.first, false, clock.at);
    expect(turns(2)).toBe('e1 e2');
    made.probed(targets.first, true, clock.at);
    expect(told).toEqual(['h:0 out for 10000', 'h:0 back']);
    expect(turns(2)).toBe('e0 e1');
  });

  test('that fails counts as a failure, and one that does well takes back those of probes only', () => {
    const { made, fail, clock, told, targets } = group(3);
    fail(targets.first, 3);
    made.probed(targets.first, false, clock.at);
    made.probed(targets.first, true, clock.at);
    made.probed(targets.first, false, clock.at);
    expect(told).toEqual([]);
    made.probed(targets.first, false, clock.at);
    expect(told).toEqual(['h:0 out for 10000']);
  });

  test('that failed to the end of an ejection leaves no room for another failure', () => {
    const { made, fail, clock, told, targets } = group(3);
    fail(targets.first);
    for (let count = 0; count < 6; count++) made.probed(targets.first, false, clock.at);
    clock.at += 10_000;
    expect(made.take(clock.at)).toBe(targets.first);
    made.ended(targets.first, { startedAt: clock.at, now: clock.at, finding: 'failing' });
    expect(told).toEqual(['h:0 out for 10000', 'h:0 back', 'h:0 out for 20000']);
  });
});

test('a target that is restored begins anew, whatever its requests and probes were, and what was sent before', () => {
  const { made, clock, told, targets, fail, end } = group(3);
  const { first } = targets;
  fail(first);
  for (let count = 0; count < 4; count++) made.probed(first, false, clock.at);
  const sentBefore = clock.at;
  clock.at += 1_000;
  made.restore(first, clock.at);
  expect([first.state.kind, first.failures]).toEqual(['serving', { requests: 0, probes: 0 }]);
  for (let count = 0; count < 5; count++) end(first, 'failing', sentBefore);
  fail(first, 4);
  expect(first.state.kind).toBe('serving');
  fail(first, 1);
  expect(first.state).toMatchObject({ kind: 'ejected', until: clock.at + 10_000 });
  made.restore(targets.second, clock.at);
  expect(told.filter(line => line.endsWith('back'))).toHaveLength(1);
});

test('never more than half of the targets are out, and there is always one to take', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = randomFrom(seed);
    const count = 1 + random(7);
    const { made, clock } = group(count, { failures: 1 + random(3), outFor: 1_000, maxOutFor: 3_000 });
    const isBad = made.targets.map(() => random(2) === 0);
    const running: { readonly target: Target; readonly startedAt: number }[] = [];
    for (let step = 0; step < 400; step++) {
      clock.at += random(100);
      const index = random(count);
      if (random(4) === 0) made.probed(made.targets[index] as Target, !isBad[index], clock.at);
      if (random(50) === 0) isBad[index] = !isBad[index];
      const target = made.take(clock.at);
      expect(target.state.kind).toBe('serving');
      running.push({ target, startedAt: clock.at });
      while (running.length > random(6)) {
        const [ended] = running.splice(random(running.length), 1);
        if (ended === undefined) break;
        const finding = isBad[made.targets.indexOf(ended.target)] ? 'failing' : 'well';
        made.ended(ended.target, { startedAt: ended.startedAt, now: clock.at, finding });
      }
      const out = made.targets.filter(({ state }) => state.kind === 'ejected').length;
      expect(out * 2).toBeLessThanOrEqual(count);
      expect(made.targets.reduce((sum, { pending }) => sum + pending, 0)).toBe(running.length);
    }
  }
});
