import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Respond } from '../../support/fake-subgraph.ts';
import { startOwnTime } from '../../support/own-time.ts';
import { type Catalogue, HURRIED, SECRET, startCatalogue } from './catalogue.ts';

const QUERY = '{ fine broken renamed: broken products { name cost: price } best { price } }';

/** Writes past Node's own idea of a response. */
function raw(text: string, end = true): Respond {
  return (_seen, response) => {
    response.socket?.write(text);
    if (end) response.socket?.end();
  };
}

function status(
  code: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Respond {
  return (_seen, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

const drip = (response: ServerResponse): void => {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

const cases: readonly (readonly [name: string, code: string, respond: Respond])[] = [
  ['never answers', 'SUBGRAPH_TIMEOUT', () => {}],
  [
    'answers headers and then nothing',
    'SUBGRAPH_TIMEOUT',
    (_seen, response) => response.writeHead(200).flushHeaders(),
  ],
  ['drips its answer', 'SUBGRAPH_TIMEOUT', (_seen, response) => drip(response.writeHead(200))],
  ['says 500 with text', 'SUBGRAPH_UNAVAILABLE', status(500, SECRET)],
  ['says 502 with HTML', 'SUBGRAPH_UNAVAILABLE', status(502, `<html>${SECRET}</html>`)],
  [
    'says 503 with GraphQL errors',
    'SUBGRAPH_UNAVAILABLE',
    status(503, JSON.stringify({ errors: [{ message: SECRET }] })),
  ],
  ['says 500 with GraphQL data', 'SUBGRAPH_UNAVAILABLE', status(500, '{"data":{"broken":"x"}}')],
  [
    'says 400 with GraphQL errors',
    'SUBGRAPH_ERROR',
    status(400, JSON.stringify({ errors: [{ message: SECRET }] })),
  ],
  ['says 401 with text', 'SUBGRAPH_BAD_RESPONSE', status(401, SECRET)],
  ['says 404 with HTML', 'SUBGRAPH_BAD_RESPONSE', status(404, `<html>${SECRET}</html>`)],
  ['says 204', 'SUBGRAPH_BAD_RESPONSE', status(204, '')],
  ['answers with nothing', 'SUBGRAPH_BAD_RESPONSE', status(200, '')],
  [
    'answers with HTML',
    'SUBGRAPH_BAD_RESPONSE',
    status(200, `<html>${SECRET}</html>`, { 'content-type': 'text/html' }),
  ],
  [
    'answers with bytes of no encoding',
    'SUBGRAPH_BAD_RESPONSE',
    status(200, Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28])),
  ],
  ['truncates its JSON', 'SUBGRAPH_BAD_RESPONSE', status(200, '{"data":{"broken":"who')],
  [
    'redirects to a good answer',
    'SUBGRAPH_BAD_RESPONSE',
    status(302, '{"data":{"broken":"whole","_entities":[]}}', { location: '/other' }),
  ],
  ['redirects for good', 'SUBGRAPH_BAD_RESPONSE', status(308, '', { location: '/graphql' })],
  ['says 304', 'SUBGRAPH_BAD_RESPONSE', status(304, '')],
  [
    'resets the connection at once',
    'SUBGRAPH_UNAVAILABLE',
    (_seen, response) => response.socket?.resetAndDestroy(),
  ],
  ['closes the connection at once', 'SUBGRAPH_UNAVAILABLE', (_seen, response) => response.socket?.destroy()],
  [
    'resets the connection in its body',
    'SUBGRAPH_UNAVAILABLE',
    (_seen, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"data":', () => response.socket?.resetAndDestroy());
    },
  ],
  [
    'promises more bytes than it sends',
    'SUBGRAPH_UNAVAILABLE',
    raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":{}}'),
  ],
  [
    'stops between two chunks',
    'SUBGRAPH_UNAVAILABLE',
    raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"d\r\n'),
  ],
  ['does not speak HTTP', 'SUBGRAPH_BAD_RESPONSE', raw(`220 ${SECRET}\r\n`)],
  [
    'switches protocols',
    'SUBGRAPH_UNAVAILABLE',
    raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n'),
  ],
  [
    'gives its length twice',
    'SUBGRAPH_UNAVAILABLE',
    raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}{'),
  ],
  [
    'sends endless headers',
    'SUBGRAPH_BAD_RESPONSE',
    raw(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(200_000)}\r\n\r\n{}`),
  ],
  ['damages its gzip', 'SUBGRAPH_BAD_RESPONSE', status(200, 'not gzip', { 'content-encoding': 'gzip' })],
  [
    'cuts its gzip off',
    'SUBGRAPH_BAD_RESPONSE',
    status(200, gzipSync('{"data":{"broken":"x"}}').subarray(0, 25), { 'content-encoding': 'gzip' }),
  ],
  [
    'encodes as nobody does',
    'SUBGRAPH_BAD_RESPONSE',
    status(200, '{"data":null}', { 'content-encoding': SECRET }),
  ],
  [
    'answers early hints and then nothing more',
    'SUBGRAPH_TIMEOUT',
    raw('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', false),
  ],
];

describe('a subgraph that', () => {
  let patient: Catalogue;
  let hurried: Catalogue;
  beforeAll(async () => {
    patient = await startCatalogue();
    hurried = await startCatalogue({ config: HURRIED });
    // Planned before, so that the time is the subgraphs'.
    for (const gateway of [patient, hurried]) expect((await gateway.ask(QUERY)).errors).toBeUndefined();
  });
  afterAll(async () => {
    for (const gateway of [patient, hurried]) await gateway[Symbol.asyncDispose]();
  });

  test.each(cases)('%s is %s at its own fields only', async (_name, code, respond) => {
    const gateway = code === 'SUBGRAPH_TIMEOUT' ? hurried : patient;
    gateway.subgraphs.shaky.respond = respond;
    using time = startOwnTime();

    const { data, errors = [] } = await gateway.ask(QUERY);

    // What is broken is known to be before the time is over, and what is not answers within its own.
    expect(time.ms).toBeLessThan(5_000);
    expect(data).toEqual({
      fine: 'fine',
      broken: null,
      renamed: null,
      products: [
        { name: 'name 1', cost: null },
        { name: 'name 2', cost: null },
      ],
      best: { price: null },
    });
    expect(new Set(errors.map(error => error.extensions?.['code']))).toEqual(new Set([code]));
    expect(new Set(errors.map(error => error.extensions?.['subgraph']))).toEqual(new Set(['shaky']));
    expect(errors.map(error => error.path?.join('.')).sort()).toEqual([
      'best.price',
      'broken',
      'products.0.cost',
      'products.1.cost',
      'renamed',
    ]);
    expect(JSON.stringify(errors)).not.toMatch(/internal:5432|127\.0\.0\.1|ECONN|HPE|\.js|socket|html/i);

    gateway.subgraphs.shaky.respond = undefined;
    expect((await gateway.ask(QUERY)).errors).toBeUndefined();
  });

  test('is not there at all is SUBGRAPH_UNAVAILABLE', async () => {
    await using gateway = await startCatalogue({
      config: { execution: { subgraphs: { shaky: { url: 'http://127.0.0.1:9/graphql' } } } },
    });
    const { data, errors = [] } = await gateway.ask('{ fine broken }');
    expect(data).toEqual({ fine: 'fine', broken: null });
    expect(errors.map(({ path, extensions }) => [path, extensions?.['code']])).toEqual([
      [['broken'], 'SUBGRAPH_UNAVAILABLE'],
    ]);
    expect(JSON.stringify(errors)).not.toContain('127.0.0.1');
  });

  test('has a name that cannot be resolved is SUBGRAPH_UNAVAILABLE', async () => {
    await using gateway = await startCatalogue({
      config: { execution: { subgraphs: { shaky: { url: 'http://nowhere.invalid/graphql' } } } },
    });
    const { errors = [] } = await gateway.ask('{ fine broken }');
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['SUBGRAPH_UNAVAILABLE']);
    expect(JSON.stringify(errors)).not.toContain('nowhere');
  });

  test('redirects is not followed', async () => {
    await using gateway = await startCatalogue();
    gateway.subgraphs.shaky.respond = status(307, '', { location: gateway.subgraphs.steady.url });
    await gateway.ask('{ broken }');
    expect(gateway.subgraphs.steady.requests).toEqual([]);
    expect(gateway.subgraphs.shaky.requests).toHaveLength(1);
  });

  test('answers in gzip, brotli or deflate is read', async () => {
    await using gateway = await startCatalogue();
    const { brotliCompressSync, deflateSync } = await import('node:zlib');
    for (const [coding, encode] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
      ['deflate', deflateSync],
      ['GZIP', gzipSync],
    ] as const) {
      gateway.subgraphs.shaky.respond = status(200, encode('{"data":{"broken":"whole"}}'), {
        'content-encoding': coding,
      });
      expect(await gateway.ask('{ broken }')).toEqual({ data: { broken: 'whole' } });
    }
  });

  test('splits a character between two chunks is read', async () => {
    await using gateway = await startCatalogue();
    gateway.subgraphs.shaky.respond = (_seen, response) => {
      const body = Buffer.from('{"data":{"broken":"💧"}}');
      const middle = body.indexOf(0xf0) + 2;
      response.write(body.subarray(0, middle), () => setImmediate(() => response.end(body.subarray(middle))));
    };
    expect(await gateway.ask('{ broken }')).toEqual({ data: { broken: '💧' } });
  });
});
