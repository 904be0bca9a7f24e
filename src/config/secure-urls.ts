import { CONFIGURATION } from './config-source.ts';
import { type ExecutionConfig, subgraphConfig } from './execution.ts';
import { ConfigError } from './parse.ts';

const OF_TLS = ['tls', 'http2'] as const;

/**
 * Settings of TLS for subgraphs that are reached without it do nothing, silently: somebody believes that what is sent
 * there is private.
 * @param composed name → URL of the supergraph.
 * @throws ConfigError
 */
export function checkSecureUrls(execution: ExecutionConfig, composed: ReadonlyMap<string, string>): void {
  const urlsOf = (name: string): string[] => {
    const { url = composed.get(name) ?? '', variants = {} } = subgraphConfig(execution, name);
    return [url, ...Object.values(variants).map(variant => variant.url)].flat();
  };
  const problems = Object.entries(execution.subgraphs).flatMap(([name, settings]) => {
    const isForAll = name === 'all';
    // What is said of one subgraph must hold wherever its requests go.
    const doesNothing = isForAll
      ? [...composed.keys()].flatMap(urlsOf).every(isPlain)
      : urlsOf(name).some(isPlain);
    if (!doesNothing) return [];
    const where = isForAll ? 'no subgraph has an https URL' : 'the subgraph has an http URL';
    return OF_TLS.filter(key => settings[key] !== undefined && settings[key] !== false).map(
      key =>
        `execution.subgraphs.${name}.${key}: ${where}, so it would do nothing; write https, or leave it out`,
    );
  });
  if (problems.length > 0) throw new ConfigError(CONFIGURATION, problems);
}

function isPlain(url: string): boolean {
  return /^http:/i.test(url);
}
