import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, GATEWAY_CORE, HELPER_CORE, startPinned, untilReady } from './process.mjs';

const supergraphFile = fileURLToPath(new URL('../data/supergraph.graphql', import.meta.url));
const subgraphServer = fileURLToPath(new URL('../subgraphs/server.mjs', import.meta.url));

/** Where the public benchmark has its subgraphs; ours listen on a free port of the loopback. */
const PUBLIC_ORIGIN = 'http://0.0.0.0:4200';

/** Starts the subgraphs and writes the supergraph that points at them into a directory of its own. */
export async function preparePlace() {
  const workDir = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const subgraphsPort = await freePort();
  const subgraphsUrl = `http://127.0.0.1:${subgraphsPort}`;
  const subgraphs = startPinned(
    { command: process.execPath, args: [subgraphServer, String(subgraphsPort)] },
    HELPER_CORE,
  );
  await untilCounting(`${subgraphsUrl}/counts`);
  const supergraph = join(workDir, 'supergraph.graphql');
  writeFileSync(supergraph, readFileSync(supergraphFile, 'utf8').replaceAll(PUBLIC_ORIGIN, subgraphsUrl));
  return {
    workDir,
    subgraphsUrl,
    supergraphFile: supergraph,
    subgraphs: { port: subgraphsPort, pid: subgraphs.pid },
    remove: () => rmSync(workDir, { recursive: true, force: true }),
  };
}

async function untilCounting(url) {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {} // not listening yet
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error('the subgraphs did not start');
}

/** Starts a gateway on its core and waits until it answers. */
export async function startGateway(gateway, place) {
  const port = await freePort();
  // One for each, so that none finds the configuration of another.
  const workDir = join(place.workDir, String(port));
  mkdirSync(workDir);
  const launch = gateway.launch({ ...place, port, workDir });
  const started = startPinned(launch, GATEWAY_CORE);
  await untilReady(started, port);
  return { ...started, port, authorization: launch.authorization };
}
