import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { tracing } from '@opentelemetry/sdk-node';
import { expect, test } from 'vitest';
import type { Logger } from '../../src/telemetry/logger.ts';
import { tellOfExports } from '../../src/telemetry/tell-exports.ts';
import { startGateway } from '../support/start-gateway.ts';

type Result = Parameters<Parameters<tracing.SpanExporter['export']>[1]>[0];

function listen() {
  const lines: [string, object, string][] = [];
  const line =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push([level, fields, message]);
    };
  const logger: Logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
  return { lines, logger };
}

test('each change of whether traces can be sent is one line, and the processor is told of each export', () => {
  const { lines, logger } = listen();
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const results: Result[] = [{ code: 0 }, { code: 1, error: refused }, { code: 1 }, { code: 0 }, { code: 0 }];
  const scripted: tracing.SpanExporter = {
    export: (_, done) => done(results.shift() as Result),
    shutdown: async () => {},
  };
  const told = tellOfExports(scripted, { receiver: 'traces:4318', logger });
  const heard: number[] = [];
  while (results.length > 0) told.export([], ({ code }) => heard.push(code));
  expect(heard).toEqual([0, 1, 1, 0, 0]);
  expect(lines).toEqual([
    [
      'warn',
      { receiver: 'traces:4318', reason: expect.stringContaining('ECONNREFUSED') },
      expect.any(String),
    ],
    ['info', { receiver: 'traces:4318' }, 'traces are sent again'],
  ]);
});

test('a receiver that refuses spans is told of, without what its URL hides', async () => {
  const server = createServer((_, response) => response.writeHead(400).end());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }' } },
    config: { telemetry: { otlp: { endpoint: `http://weir:hush@127.0.0.1:${port}` } } },
  });
  await gateway.ask('{ x }');
  // Closing sends what is left.
  await gateway[Symbol.asyncDispose]();
  await new Promise(resolve => server.close(resolve));
  const told = gateway.log.filter(({ message }) => message.startsWith('traces cannot be sent'));
  expect(told).toMatchObject([{ level: 'warn', fields: { receiver: `127.0.0.1:${port}` } }]);
  expect(JSON.stringify(gateway.log)).not.toContain('hush');
});
