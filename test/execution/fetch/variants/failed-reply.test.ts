import { expect, test } from 'vitest';
import { isFailedReply } from '../../../../src/execution/fetch/variants/failed-reply.ts';

const PASS = new Set(['NOT_FOUND']);
const LONG = 'x'.repeat(300_000);

const error = (code?: string) => ({ message: 'm', ...(code === undefined ? {} : { extensions: { code } }) });

test.each([
  ['data', { data: { a: 1 } }, 200, false],
  ['data with a field of that name', { data: { errors: [] } }, 200, false],
  ['no errors', { data: { a: 1 }, errors: [] }, 200, false],
  ['an error', { data: { a: null }, errors: [error()] }, 200, true],
  ['an error of the client', { data: { a: null }, errors: [error('NOT_FOUND')] }, 200, false],
  [
    'an error of the client, and one of its own',
    { data: {}, errors: [error('NOT_FOUND'), error('X')] },
    200,
    true,
  ],
  ['an error of the client with its status', { errors: [error('NOT_FOUND')] }, 404, false],
  ['a status of 5xx', { data: { a: 1 } }, 503, true],
  ['a redirect', { data: { a: 1 } }, 302, true],
  ['no data', { data: null }, 200, true],
  ['something else', 'text', 200, true],
  ['an answer that is too long to be read twice', { data: { a: LONG }, errors: [error()] }, 200, false],
])('%s shows a failure or none', (_, answer, status, isFailed) => {
  const body = Buffer.from(JSON.stringify(answer));
  expect(isFailedReply({ status, headers: {}, body }, 'a', PASS)).toBe(isFailed);
});

test('what is no answer at all shows a failure', () => {
  for (const body of ['', '<html></html>', '{"data":'])
    expect(isFailedReply({ status: 200, headers: {}, body: Buffer.from(body) }, 'a', PASS)).toBe(true);
});
