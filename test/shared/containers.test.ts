import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/shared/cancellation.ts';
import { InFlight } from '../../src/shared/in-flight.ts';
import { Lru } from '../../src/shared/lru.ts';

describe('the least recently used map', () => {
  test('forgets what was not read or written for longest', () => {
    const lru = new Lru<string, number>(2);
    lru.set('a', 1);
    lru.set('b', 2);
    expect(lru.get('a')).toBe(1);
    lru.set('c', 3);
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3]);
  });

  test('bounds the sum of weights and forgets as many as it takes', () => {
    const lru = new Lru<string, number>(10);
    for (const key of ['a', 'b', 'c']) lru.set(key, 1, 3);
    expect([lru.size, lru.weight]).toEqual([3, 9]);
    lru.set('d', 1, 7);
    expect([lru.size, lru.weight, lru.get('c')]).toEqual([2, 10, 1]);
  });

  test('replaces a value and its weight', () => {
    const lru = new Lru<string, number>(10);
    lru.set('a', 1, 9);
    lru.set('a', 2, 4);
    expect([lru.size, lru.weight, lru.get('a')]).toEqual([1, 4, 2]);
  });

  test('does not keep what is heavier than the whole bound, nor what stood there before', () => {
    const lru = new Lru<string, number>(10);
    lru.set('a', 1, 1);
    lru.set('b', 1, 1);
    lru.set('a', 2, 11);
    expect([lru.get('a'), lru.get('b'), lru.weight]).toEqual([undefined, 1, 1]);
  });

  test('keeps undefined apart from nothing by its size', () => {
    const lru = new Lru<string, undefined>(1);
    lru.set('a', undefined);
    expect([lru.size, lru.delete('a'), lru.delete('a'), lru.size, lru.weight]).toEqual([
      1,
      true,
      false,
      0,
      0,
    ]);
  });
});

describe('work in flight', () => {
  const wish = { key: 'a', now: 0, deadlineAt: 1_000 };

  test('is joined while it runs and forgotten when it has ended', async () => {
    const inFlight = new InFlight<number>();
    const running = inFlight.start(wish, async () => 1);
    expect(inFlight.join(wish)).toBe(running);
    expect(await running).toBe(1);
    expect([inFlight.join(wish), inFlight.size]).toEqual([undefined, 0]);
  });

  test('is forgotten when it has failed', async () => {
    const inFlight = new InFlight<number>();
    await expect(inFlight.start(wish, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(inFlight.size).toBe(0);
  });

  test('that is about to run out of time is not joined by who has more', () => {
    const inFlight = new InFlight<number>();
    const running = inFlight.start(wish, () => new Promise(() => {}));
    expect(inFlight.join({ key: 'a', now: 500, deadlineAt: 1_500 })).toBe(running);
    expect(inFlight.join({ key: 'a', now: 900, deadlineAt: 1_900 })).toBeUndefined();
    expect(inFlight.join({ key: 'a', now: 900, deadlineAt: 1_000 })).toBe(running);
  });

  test('is waited for no longer than the wish has time, and is cancelled when the last has left', async () => {
    const inFlight = new InFlight<number>();
    const leaving = new Cancellation();
    const cancelled = vi.fn();
    void inFlight.start({ ...wish, cancel: leaving }, cancel => {
      cancel.onCancel(cancelled);
      return new Promise(() => {});
    });
    const inAHurry = async (): Promise<Cancellation> => {
      const cancel = new Cancellation();
      const joined = inFlight.join({ ...wish, deadlineAt: 20, cancel, tooLate: () => new Error('late') });
      await expect(joined).rejects.toThrow('late');
      return cancel;
    };
    const first = await inAHurry();
    // It has left already.
    first.cancel();
    await inAHurry();
    expect(cancelled).not.toHaveBeenCalled();
    leaving.cancel();
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test('is in time for a wish with less time, if it ends before that', async () => {
    const inFlight = new InFlight<number>();
    let end = (_value: number): void => {};
    void inFlight.start(wish, () => new Promise(resolve => (end = resolve)));
    const joined = inFlight.join({ ...wish, deadlineAt: 900, tooLate: () => new Error('late') });
    setTimeout(end, 15, 7);
    expect(await joined).toBe(7);
  });

  test('that was replaced does not take its successor with it', async () => {
    const inFlight = new InFlight<string>();
    let end = (_value: string): void => {};
    const first = inFlight.start(
      wish,
      () =>
        new Promise(resolve => {
          end = resolve;
        }),
    );
    const second = inFlight.start(wish, () => new Promise(() => {}));
    end('first');
    expect(await first).toBe('first');
    expect(inFlight.join(wish)).toBe(second);
  });
});
