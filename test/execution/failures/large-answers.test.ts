import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Catalogue, startCatalogue } from './catalogue.ts';

const MIB = 1024 ** 2;
const CHUNK = Buffer.alloc(MIB, ' ');

/** Writes until the gateway has had enough. Returns how many bytes went out. */
async function pour(response: ServerResponse, bytes: number): Promise<number> {
  const gone = once(response, 'close');
  response.write('{"data":{"word":"');
  let sent = 0;
  while (sent < bytes && !response.destroyed) {
    sent += CHUNK.length;
    if (!response.write(CHUNK)) await Promise.race([once(response, 'drain'), gone]);
  }
  response.end('"}}');
  return sent;
}

async function askForWord(
  gateway: Catalogue,
): Promise<{ readonly code: unknown; readonly grownMib: number }> {
  const before = process.memoryUsage().rss;
  const { data, errors = [] } = await gateway.ask('{ fine word }');
  expect(data).toMatchObject({ fine: 'fine' });
  return { code: errors[0]?.extensions?.['code'], grownMib: (process.memoryUsage().rss - before) / MIB };
}

test.each([
  ['declared', { 'content-length': String(100 * MIB) }],
  ['undeclared', {}],
])('an answer of 100 MiB, %s, is given up at the bound', async (_name, headers) => {
  await using gateway = await startCatalogue();
  let sent = Promise.resolve(0);
  gateway.subgraphs.shaky.respond = (_seen, response) => {
    sent = pour(response.writeHead(200, headers), 100 * MIB);
  };
  const { code, grownMib } = await askForWord(gateway);
  expect(code).toBe('SUBGRAPH_BAD_RESPONSE');
  expect(grownMib).toBeLessThan(200);
  expect(await sent).toBeLessThan(80 * MIB);
  gateway.subgraphs.shaky.respond = undefined;
  expect(await gateway.ask('{ broken }')).toEqual({ data: { broken: 'whole' } });
});

test('a declared length over the bound ends the request before any body', async () => {
  await using gateway = await startCatalogue();
  gateway.subgraphs.shaky.respond = (_seen, response) => {
    response.writeHead(200, { 'content-length': String(100 * MIB) }).flushHeaders();
  };
  expect((await askForWord(gateway)).code).toBe('SUBGRAPH_BAD_RESPONSE');
});

test('a gzip bomb is given up at the bound on what it becomes', async () => {
  await using gateway = await startCatalogue();
  const bomb = gzipSync(Buffer.alloc(200 * MIB, ' '));
  gateway.subgraphs.shaky.respond = (_seen, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(bomb);
  };
  const { code, grownMib } = await askForWord(gateway);
  expect(code).toBe('SUBGRAPH_BAD_RESPONSE');
  expect(grownMib).toBeLessThan(200);
});

test('the bound is the subgraph’s own, to the byte', async () => {
  const body = JSON.stringify({ data: { word: 'w'.repeat(100) } });
  for (const [maxResponse, fits] of [
    [`${body.length}B`, true],
    [`${body.length - 1}B`, false],
  ] as const) {
    for (const encode of [undefined, gzipSync]) {
      await using gateway = await startCatalogue({
        config: { execution: { subgraphs: { shaky: { maxResponse } } } },
      });
      gateway.subgraphs.shaky.respond = (_seen, response) => {
        if (encode !== undefined) response.setHeader('content-encoding', 'gzip');
        response.end(encode === undefined ? body : encode(body));
      };
      expect((await askForWord(gateway)).code).toBe(fits ? undefined : 'SUBGRAPH_BAD_RESPONSE');
    }
  }
});

const DEEP = 100_000;
const deepList = '['.repeat(DEEP) + ']'.repeat(DEEP);
const deepObject = `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`;

test.each([
  ['list in a custom scalar', 'json', deepList],
  ['object in a custom scalar', 'json', deepObject],
  ['list in a list', 'words', deepList],
  ['object in a word', 'word', deepObject],
  ['list in an object', 'part { size }', deepList],
])('a very deep %s fails its field alone', async (_name, field, text) => {
  await using gateway = await startCatalogue();
  gateway.subgraphs.shaky.respond = (_seen, response) => void response.end(`{"data":{"here":${text}}}`);
  // The second time the generated projection is used.
  for (let use = 0; use < 2; use++) {
    const { data, errors = [] } = await gateway.ask(`{ fine here: ${field} }`);
    expect(data).toEqual({ fine: 'fine', here: null });
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['SUBGRAPH_BAD_RESPONSE']);
  }
});

test('keys that mean something to JavaScript are data like any other', async () => {
  await using gateway = await startCatalogue();
  const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":1}';
  gateway.subgraphs.shaky.respond = (_seen, response) =>
    void response.end(
      `{"__proto__":{"polluted":1},"data":{"json":${json},"__proto__":{"polluted":1,"word":"no"},"constructor":1,"hasOwnProperty":1,"part":${json},"extra":{"deep":[1]}}}`,
    );
  const response = await gateway.handle(
    new Request('http://gateway/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ json word part { label } }' }),
    }),
  );
  expect(await response.text()).toBe(`{"data":{"json":${json},"word":null,"part":{"label":null}}}`);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
