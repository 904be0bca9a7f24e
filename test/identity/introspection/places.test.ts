import { expect, test } from 'vitest';
import { NoPlaceError, Places } from '../../../src/identity/introspection/places.ts';

const NEVER = new AbortController().signal;

/** Work that holds its place until it is told to end. */
function work(entered: string[], name: string) {
  let end = (_error?: Error): void => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = error => (error === undefined ? resolve() : reject(error));
  });
  const run = (): Promise<void> => {
    entered.push(name);
    return ended;
  };
  return { run, end: (error?: Error) => end(error) };
}

test('places are had in the order of asking, also after work that fails', async () => {
  const places = new Places({ places: 1, maxWaiting: 2 });
  const entered: string[] = [];
  const [a, b, c] = [work(entered, 'a'), work(entered, 'b'), work(entered, 'c')];
  const runs = [a, b, c].map(({ run }) => places.run(NEVER, run));
  await expect(places.run(NEVER, work(entered, 'd').run)).rejects.toThrow(NoPlaceError);
  expect(entered).toEqual(['a']);
  a.end(new Error('failed'));
  await expect(runs[0]).rejects.toThrow('failed');
  b.end();
  await runs[1];
  c.end();
  await runs[2];
  expect(entered).toEqual(['a', 'b', 'c']);
});

test('whoever waits for a place gives up when its time is over, and leaves none blocked', async () => {
  const places = new Places({ places: 1, maxWaiting: 1 });
  const entered: string[] = [];
  const [a, b, c] = [work(entered, 'a'), work(entered, 'b'), work(entered, 'c')];
  const first = places.run(NEVER, a.run);
  const time = new AbortController();
  const second = places.run(time.signal, b.run);
  time.abort();
  await expect(second).rejects.toThrow(NoPlaceError);
  const third = places.run(NEVER, c.run);
  a.end();
  await first;
  c.end();
  await third;
  expect(entered).toEqual(['a', 'c']);
});
