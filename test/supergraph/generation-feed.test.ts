import { buildSchema, type GraphQLSchema } from 'graphql';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GenerationFeed, KEPT_GENERATIONS } from '../../src/supergraph/generation-feed.ts';

const KEEP_MS = 10_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Live {
  readonly name: string;
  readonly schema: GraphQLSchema;
}

function feedOf({ keepMs = KEEP_MS } = {}) {
  const retired: string[] = [];
  const feed = new GenerationFeed<Live>({
    schemasOf: ({ schema }) => [schema],
    sdlOf: ({ name }) => name,
    retire: async ({ name }) => void retired.push(name),
    keepMs,
  });
  const publish = (name: string): Live => {
    const live = { name, schema: buildSchema('type Query { a: Int }') };
    feed.publish(live);
    return live;
  };
  return { feed, retired, publish };
}

test('a generation is kept for requests that began with it, and let go when none can be left', () => {
  const { feed, retired, publish } = feedOf();
  const first = publish('first');
  vi.advanceTimersByTime(60 * KEEP_MS);
  const second = publish('second');
  vi.advanceTimersByTime(KEEP_MS - 1);
  expect({ of: feed.of(first.schema), current: feed.current(), retired }).toEqual({
    of: first,
    current: second,
    retired: [],
  });
  vi.advanceTimersByTime(1);
  expect(retired).toEqual(['first']);
  expect(feed.of(first.schema)).toBe(second);
});

test('however fast they come, no more are kept, and each is let go once', async () => {
  const { feed, retired, publish } = feedOf();
  for (let count = 0; count < 10; count++) publish(String(count));
  expect(retired).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(retired).toHaveLength(10 - KEPT_GENERATIONS);
  // Those that are gone are held by nothing.
  expect(vi.getTimerCount()).toBe(KEPT_GENERATIONS - 1);
  vi.advanceTimersByTime(KEEP_MS);
  expect(retired).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  await feed.close();
  expect(retired).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
});

test('a deadline of months is no reason to let a generation go at once', () => {
  const { retired, publish } = feedOf({ keepMs: 2 ** 32 });
  publish('first');
  publish('second');
  vi.advanceTimersByTime(60_000);
  expect(retired).toEqual([]);
});

test('closing lets all go, at once and once', async () => {
  const { feed, retired, publish } = feedOf();
  publish('first');
  publish('second');
  await feed.close();
  expect(retired.toSorted()).toEqual(['first', 'second']);
  expect(vi.getTimerCount()).toBe(0);
});
