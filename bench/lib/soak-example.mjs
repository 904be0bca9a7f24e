import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, GATEWAY_CORE, HELPER_CORE, startPinned, untilReady } from './process.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const weir = join(root, 'dist/src/main.js');

export const DEADLINE_MS = 2_000;

/** The servers of each subgraph: products has two. */
const SERVERS = [
  ['users', 4001],
  ['orders', 4002],
  ['products', 4003],
  ['products', 4003],
];

/** All that there is against subgraphs that fail, at once. Little is kept, and not for long, so that they are asked. */
const configFor = (admin, products) => `
server:
  listen: 127.0.0.1:0
  overload: { maxRequests: 400, maxLag: 500ms }
admin: { listen: 127.0.0.1:${admin} }
execution:
  deadline: ${DEADLINE_MS}ms
  subgraphs:
    all:
      timeout: 1s
      retry: { attempts: 3 }
      hedge: { quantile: 0.95 }
      concurrency: { max: 100, adaptive: true, min: 8 }
    products:
      url: ${JSON.stringify(products)}
      ejection: { failures: 5, outFor: 1s, maxOutFor: 5s }
      probe: { every: 500ms }
breakers:
  default: { openFor: 1s, maxOpenFor: 3s, minimumCalls: 10 }
  fields:
    Product.averageRating: { fallback: { stale: 10s } }
cache:
  memory: 8MiB
  fields:
    Query.products: { maxAge: 200ms }
    Product: { maxAge: 500ms, staleWhileRevalidate: 500ms, staleIfError: 2s }
policy:
  rateLimit:
    limits:
      generous: { limit: 1000000, window: 1m, by: [ip] }
telemetry: { logLevel: error }
`;

/** @returns what is running: `servers` of subgraphs that can be broken, and the folder to remove in the end */
export async function startSoakExample() {
  const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'));
  let sdl = execFileSync(process.execPath, [weir, 'compose'], { cwd: root, encoding: 'utf8' });
  const servers = [];
  for (const [subgraph, written] of SERVERS) {
    const port = await freePort();
    const main = join(root, `dist/subgraphs/${subgraph}/main.js`);
    const env = { PORT: String(port), SUBGRAPH_CHAOS: '1' };
    await untilReady(startPinned({ command: process.execPath, args: [main], env }, HELPER_CORE), port);
    sdl = sdl.replaceAll(`127.0.0.1:${written}`, `127.0.0.1:${port}`);
    servers.push({ subgraph, port });
  }
  const [port, admin] = [await freePort(), await freePort()];
  const products = servers.filter(({ subgraph }) => subgraph === 'products');
  const urls = products.map(server => `http://127.0.0.1:${server.port}/graphql`);
  writeFileSync(join(folder, 'supergraph.graphql'), sdl);
  writeFileSync(join(folder, 'gateway.yaml'), configFor(admin, urls));
  const files = ['--supergraph', 'supergraph.graphql', '--config', 'gateway.yaml'];
  const args = [weir, 'start', ...files, '--listen', `127.0.0.1:${port}`];
  const gateway = startPinned({ command: process.execPath, args, cwd: folder }, GATEWAY_CORE);
  await untilReady(gateway, port);
  return { folder, gateway, port, admin, servers };
}
