import { expect, test, vi } from 'vitest';
import { breakersConfig } from '../../../src/config/breakers.ts';
import { Breaker } from '../../../src/execution/breaker/breaker.ts';
import { BreakerNews } from '../../../src/execution/breaker/breaker-news.ts';

function listening() {
  const onTransition = vi.fn();
  const settings = { ...breakersConfig.parse({}).default, openFor: 1_000, maxOpenFor: 10_000 };
  const breaker = new Breaker({ subgraph: 's', coordinate: 'A.b', settings, random: () => 0, onTransition });
  let say = (_: string): void => {};
  const told: string[] = [];
  const news = new BreakerNews({
    channel: {
      publish: async message => void told.push(message),
      subscribe(onMessage) {
        say = onMessage;
        return () => {
          say = () => {};
        };
      },
    },
    breakerOf: (subgraph, coordinate) => (`${subgraph} ${coordinate}` === 's A.b' ? breaker : null),
    elapsed: () => 100,
  });
  return {
    breaker,
    news,
    told,
    say: (message: unknown) => say(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

const OPEN = { from: 'x', subgraph: 's', coordinate: 'A.b', to: 'open', forMs: 3_000 };

test('what others say is done, for no longer than a breaker stays open by itself', () => {
  const { breaker, say } = listening();
  say(OPEN);
  expect(breaker.state).toMatchObject({ kind: 'open', until: 3_100 });
  say({ ...OPEN, forMs: 1e12 });
  expect(breaker.state).toMatchObject({ until: 12_100 });
  say({ ...OPEN, to: 'closed' });
  expect(breaker.state.kind).toBe('closed');
});

test.each([
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', []],
  ['of another breaker', { ...OPEN, coordinate: 'A.c' }],
  ['of another state', { ...OPEN, to: 'ajar' }],
  ['a time before now', { ...OPEN, forMs: -1 }],
  ['without a time', { ...OPEN, forMs: undefined }],
  ['with a name that is none', { ...OPEN, subgraph: { a: 1 } }],
])('a message that is %s changes nothing', (_, message) => {
  const { breaker, say } = listening();
  say(message);
  expect(breaker.state.kind).toBe('closed');
});

test('its own messages and half-open states are not news', () => {
  const { breaker, news, told, say } = listening();
  news.tell(breaker, { kind: 'half-open', since: 0, openings: 1, running: 0, succeeded: 0 });
  expect(told).toEqual([]);
  news.tell(breaker, { kind: 'open', since: 0, until: 2_000, openings: 1 });
  expect(told).toHaveLength(1);
  say(told[0]);
  expect(breaker.state.kind).toBe('closed');
});
