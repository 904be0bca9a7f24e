import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { handClock } from '../support/test-identity.ts';
import { sendRaw } from './raw-http.ts';
import { startTwins } from './twins.ts';

const TARGETS = [
  '/graphql?query={motto}',
  '/graphql?query=%7bmotto%7D',
  'http://elsewhere/graphql?query={motto}',
  '/graphql#?query={motto}',
  '/graphql?query={motto}#x',
  '/graphql??query={motto}',
  '/%67raphql?query={motto}',
  '//graphql?query={motto}',
  '/graphql;a?query={motto}',
  '/graphql/?query={motto}',
  '/graphql?query={motto}&query={word}',
  '/graphql?query={motto}&variables=',
  '/graphql?query={motto}&variables=%ff',
  '/graphql?query={motto}%00',
  '/graphql?',
  '/graphql',
];

const BODY = '{"query":"{ motto }"}';
const LENGTH = `content-length: ${BODY.length}`;

/** What may be said of a request beside what it asks for, and then its body. */
const OF_A_GET: readonly (readonly [line: string, body: string])[] = [
  ['if-none-match: *', ''],
  ['content-type:', ''],
  [`content-type: application/json\r\n${LENGTH}`, BODY],
  ['content-length: 5', 'hello'],
];

const OF_A_POST: readonly (readonly [lines: string, body: string])[] = [
  [LENGTH, BODY],
  ['transfer-encoding: chunked', `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nx-trailer: a\r\n\r\n`],
  [`${LENGTH}\r\nexpect: 100-continue`, BODY],
  [`${LENGTH}\r\norigin: https://good.example`, BODY],
  [`${LENGTH}\r\norigin: null`, BODY],
  [`${LENGTH}\r\naccept-encoding: br`, BODY],
  [`${LENGTH}\r\ncontent-encoding: gzip`, BODY],
  [`${LENGTH}\r\ncontent-encoding: identity\r\ncontent-encoding: identity`, BODY],
  [`${LENGTH}\r\ncontent-type: text/plain`, BODY],
  [`${LENGTH}\r\naccept: text/html\r\naccept: application/json`, BODY],
  [`${LENGTH}\r\nconnection: upgrade\r\nupgrade: h2c`, BODY],
  [`${LENGTH}\r\nx-http-method-override: GET`, BODY],
  [`${LENGTH}\r\nif-none-match: *`, BODY],
  [`${LENGTH}\r\nrange: bytes=0-3`, BODY],
  ['content-length: 0', ''],
  ['x-nothing: 1', ''],
  [`content-length: ${BODY.length + 1}`, `${BODY}\n`],
];

const head = (method: string, target: string, version = 'HTTP/1.1'): string =>
  [
    `${method} ${target} ${version}`,
    'host: gateway',
    'x-request-id: r',
    'connection: close',
    'apollo-require-preflight: 1',
    '',
  ].join('\r\n');

const REQUESTS: readonly string[] = [
  ...TARGETS.flatMap(target => [
    `${head('GET', target)}\r\n`,
    `${head('GET', target, 'HTTP/1.0')}\r\n`,
    `${head('HEAD', target)}\r\n`,
    ...OF_A_GET.map(([line, body]) => `${head('GET', target)}${line}\r\n\r\n${body}`),
  ]),
  ...['/graphql', '/graphql?query={word}', '/graphql/motto'].flatMap(target =>
    OF_A_POST.map(
      ([lines, body]) => `${head('POST', target)}content-type: application/json\r\n${lines}\r\n\r\n${body}`,
    ),
  ),
];

test('the bytes of an answer are the same, whatever came before: each header, and their order', async () => {
  await using twins = await startTwins({
    clock: handClock(),
    config: {
      server: { cors: { origins: ['https://good.example'], credentials: true } },
      cache: { jitter: 0, fields: { 'Query.motto': { maxAge: '1h' } } },
    },
    subgraph: () => ({
      typeDefs: 'type Query { motto: String word: String }',
      resolvers: { Query: { motto: () => 'cheap', word: () => 'w' } },
    }),
  });
  const ports: number[] = [];
  for (const { gateway } of twins.pair) {
    await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    ports.push((gateway.app.server.address() as AddressInfo).port);
  }
  for (let time = 0; time < 3; time++) {
    for (const request of REQUESTS) {
      const [familiar, usual] = await Promise.all(ports.map(port => sendRaw(port, request)));
      expect(withoutChance(familiar), request).toBe(withoutChance(usual));
    }
  }
});

function withoutChance(answer = ''): string {
  return answer.replace(/^date: .*\r\n/im, '').replace(/^x-trace-id: .*\r\n/m, '');
}
