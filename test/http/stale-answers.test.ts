import { expect, test } from 'vitest';
import { Answer } from '../../src/http/answer.ts';
import type { KeptAnswer } from '../../src/http/kept-answer.ts';
import { StaleAnswers } from '../../src/http/stale-answers.ts';
import { handClock } from '../support/test-identity.ts';

const keptAt = (storedAt: number, data = '{"a":"ü"}', hash = data): KeptAnswer => ({
  answer: Answer.of(data),
  hash,
  cost: 0,
  isPublic: true,
  storedAt,
  freshUntil: storedAt + 1,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  tags: [],
  headers: null,
});

test('an answer that says that it is stale is made once a second, whoever reads it from the cache', () => {
  const clock = handClock();
  const stale = new StaleAnswers({ clock, maxBytes: 100_000 });
  const storedAt = clock.at;
  clock.at += 1_999;
  const first = stale.of(keptAt(storedAt));
  expect(String(first.bytes)).toBe(
    '{"data":{"a":"ü"},"extensions":{"cache":{"state":"STALE","ageMs":1000}}}',
  );
  expect([first.data, JSON.stringify(first)]).toEqual(['{"a":"ü"}', '{"a":"ü"}']);
  expect(stale.of(keptAt(storedAt))).toBe(first);
  clock.at += 1;
  expect(String(stale.of(keptAt(storedAt)).bytes)).toContain('"ageMs":2000');
  // Of other data, or from another time, it is another one.
  expect(String(stale.of(keptAt(storedAt, '{"b":1}')).bytes)).toContain('{"b":1}');
  expect(String(stale.of(keptAt(storedAt - 1_000)).bytes)).toContain('"ageMs":3000');
});

test('what there is no room for is made each time', () => {
  const clock = handClock();
  const stale = new StaleAnswers({ clock, maxBytes: 2_000 });
  const large = () => keptAt(clock.at, JSON.stringify('x'.repeat(500)), 'h');
  expect(stale.of(large())).not.toBe(stale.of(large()));
  const small = () => keptAt(clock.at);
  expect(stale.of(small())).toBe(stale.of(small()));
});
