import { expect, test, vi } from 'vitest';
import { type Hold, Holds } from '../../../src/cache/entities/holds.ts';
import { handClock } from '../../support/test-identity.ts';

const MOST = 10_000;

test('a hold is found until it is over, and those who wait for it go on then', () => {
  const holds = new Holds(handClock());
  const goOn = vi.fn();
  const hold = holds.take('k') as Hold;
  expect([holds.find('k'), holds.find('other')]).toEqual([hold, null]);
  hold.waiting?.push(goOn);
  holds.end(hold);
  holds.end(hold);
  expect([holds.find('k'), hold.waiting, goOn.mock.calls.length]).toEqual([null, null, 1]);
});

test('one that nobody ends is not waited for for ever, and its end is not that of the next', () => {
  const clock = handClock();
  const holds = new Holds(clock);
  const forgotten = holds.take('k') as Hold;
  clock.at += 59_999;
  expect(holds.find('k')).toBe(forgotten);
  clock.at += 1;
  expect(holds.find('k')).toBeNull();
  const next = holds.take('k');
  holds.end(forgotten);
  expect(holds.find('k')).toBe(next);
});

test('there are only so many at a time', () => {
  const holds = new Holds(handClock());
  const all = Array.from({ length: MOST }, (_, i) => holds.take(`k${i}`));
  expect(all).not.toContain(null);
  expect(holds.take('more')).toBeNull();
  holds.end(all[0] as Hold);
  expect(holds.take('more')).not.toBeNull();
});

test('what could not be kept is not to be waited for until it is, and only the last of it is known', () => {
  const holds = new Holds(handClock());
  for (let i = 0; i <= MOST; i++) holds.refuse(`k${i}`);
  expect([holds.take(`k${MOST}`), holds.take('k1')]).toEqual([null, null]);
  expect(holds.take('k0')).toMatchObject({ keptAt: null });
  holds.kept('k1', 'k1');
  expect(holds.take('k1')).not.toBeNull();
});
