import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workloads } from '../workloads.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fastify = createRequire(join(root, 'package.json')).resolve('fastify');

const SERVER = `
import { readFileSync, writeFileSync } from 'node:fs';
import Fastify from ${JSON.stringify(fastify)};
const answers = JSON.parse(readFileSync(process.argv[2], 'utf8')).map(([query, answer]) => [query, Buffer.from(answer)]);
const bodies = new Map(answers);
const app = Fastify();
app.get('/health/ready', async () => ({ status: 'ready' }));
app.post('/graphql', (request, reply) =>
  reply.header('content-type', 'application/json; charset=utf-8').send(bodies.get(request.body.query) ?? '{"data":{"__typename":"Query"}}'));
await app.listen({ host: '127.0.0.1', port: Number(process.argv[3]) });
`;

/**
 * No gateway: the same bytes for whatever is asked, by the same HTTP server, which reads the request as JSON.
 * @type {import('./index.mjs').Gateway}
 */
export const bareFastify = {
  title: 'Fastify, one answer for all',
  version: () => JSON.parse(readFileSync(join(root, 'node_modules/fastify/package.json'), 'utf8')).version,
  missing: () => undefined,
  launch({ port, workDir }) {
    const server = join(workDir, 'server.mjs');
    const answers = join(workDir, 'answers.json');
    const answerOf = ({ query, expected }) => [
      query,
      JSON.stringify(JSON.parse(readFileSync(expected, 'utf8'))),
    ];
    writeFileSync(server, SERVER);
    writeFileSync(answers, JSON.stringify([workloads.a, workloads.d].map(answerOf)));
    return { command: process.execPath, args: ['--max-semi-space-size=64', server, answers, String(port)] };
  },
};
