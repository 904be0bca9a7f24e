import type { SubgraphDefinition } from './definition.ts';
import { serveSubgraph } from './serve.ts';
import { verifierFromEnvironment } from './signature-keys.ts';

// Refused rather than replaced by a default: a subgraph on an unexpected port looks like one that is down.
function portOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT must be a port number');
  return port;
}

/**
 * Runs one subgraph as this process until it is told to stop. PORT, HOST and SUBGRAPH_CHAOS=1 set it up; with
 * SUBGRAPH_SIGNATURE_KEY or SUBGRAPH_SIGNATURE_PUBLIC_KEY_FILE it takes requests of the gateway only.
 */
export async function runSubgraph<Context>(definition: SubgraphDefinition<Context>): Promise<void> {
  const { PORT, HOST, SUBGRAPH_CHAOS } = process.env;
  const running = await serveSubgraph(definition, {
    port: portOf(PORT) ?? definition.port,
    host: HOST || '127.0.0.1',
    chaos: SUBGRAPH_CHAOS === '1',
    verify: verifierFromEnvironment(definition.name, process.env),
  });
  console.log(`${running.name} is at ${running.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void running[Symbol.asyncDispose]());
  }
}
