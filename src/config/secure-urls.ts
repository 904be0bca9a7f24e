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
  const isPlain = (name: string): boolean =>
    /^http:/i.test(subgraphConfig(execution, name).url ?? composed.get(name) ?? '');
  const problems = Object.entries(execution.subgraphs).flatMap(([name, settings]) => {
    const isForAll = name === 'all';
    if (![...(isForAll ? composed.keys() : [name])].every(isPlain)) return [];
    const where = isForAll ? 'no subgraph has an https URL' : 'the subgraph has an http URL';
    return OF_TLS.filter(key => settings[key] !== undefined && settings[key] !== false).map(
      key =>
        `execution.subgraphs.${name}.${key}: ${where}, so it would do nothing; write https, or leave it out`,
    );
  });
  if (problems.length > 0) throw new ConfigError('the configuration', problems);
}
