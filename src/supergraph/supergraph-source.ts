import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { loadYaml } from '../config/load.ts';
import { ConfigError } from '../config/parse.ts';
import { type SubgraphEntry, type SupergraphFile, supergraphFile } from '../config/supergraph-file.ts';
import { describeFailure } from '../shared/describe-failure.ts';
import { fingerprint } from '../shared/fingerprint.ts';
import { readTextFile } from '../shared/read-text-file.ts';
import type { ComposedSupergraph, SubgraphSchema } from './compose.ts';
import { CompositionError, type CompositionProblem } from './composition-error.ts';
import { fetchSdl } from './fetch-sdl.ts';
import { createFetchPublished } from './published-supergraph.ts';
import { parseSupergraph, readSupergraph } from './read-supergraph.ts';

export interface SupergraphReading {
  /**
   * Absolute path → fingerprint of the files it depends on, also when it failed: an edit of one may mend it.
   * Taken before the file is read, so that an edit in between shows as a change later.
   */
  readonly files: ReadonlyMap<string, string>;
  /** When it is to be read again though no file has changed; absent: never. */
  readonly againAfterMs?: number;
  readonly outcome:
    | ({ readonly kind: 'read' } & ComposedSupergraph)
    | { readonly kind: 'failed'; readonly error: Error };
}

/** Where a supergraph is made from. */
export interface SupergraphSource {
  read(): Promise<SupergraphReading>;
}

const NOTHING_NOTABLE = Object.freeze({ hints: [], warnings: [] });

/** A file with the SDL of a supergraph that something else has composed. */
export function supergraphSdlFile(path: string): SupergraphSource {
  return {
    async read() {
      const files = new Map([[resolve(path), await fingerprint(path)]]);
      try {
        const sdl = await readTextFile(path);
        // For its words: it says where the SDL is wrong, which Apollo's gateway does not.
        readSupergraph(parseSupergraph(sdl));
        return { files, outcome: { kind: 'read', sdl, ...NOTHING_NOTABLE } };
      } catch (cause) {
        const error = new Error(`${path} cannot be used: ${describeFailure(cause)}`, { cause });
        return { files, outcome: { kind: 'failed', error } };
      }
    },
  };
}

/** A `supergraph.yaml`, composed at every reading, or fetched. */
export function supergraphYamlFile(path: string, env: Environment): SupergraphSource {
  const fetchPublished = createFetchPublished();
  return {
    async read() {
      const files = new Map<string, string>();
      const readText = async (file: string): Promise<string> => {
        files.set(resolve(file), await fingerprint(file));
        return readTextFile(file).catch(cause => {
          throw new Error(`${file} cannot be read: ${describeFailure(cause)}`, { cause });
        });
      };
      files.set(resolve(path), await fingerprint(path));
      let again: Pick<SupergraphReading, 'againAfterMs'> = {};
      try {
        const { supergraph, subgraphs = {} } = await loadYaml(supergraphFile, path, env);
        if (supergraph === undefined)
          return { files, outcome: { kind: 'read', ...(await composeFile(path, subgraphs, readText)) } };
        again = { againAfterMs: supergraph.poll_interval };
        const sdl = await fetchPublished(supergraph);
        return { files, ...again, outcome: { kind: 'read', sdl, ...NOTHING_NOTABLE } };
      } catch (error) {
        return { files, ...again, outcome: { kind: 'failed', error: error as Error } };
      }
    },
  };
}

type ReadText = (path: string) => Promise<string>;

async function composeFile(
  path: string,
  subgraphs: NonNullable<SupergraphFile['subgraphs']>,
  readText: ReadText,
): Promise<ComposedSupergraph> {
  const entries = Object.entries(subgraphs);
  if (entries.length === 0) throw new ConfigError(path, ['subgraphs: name at least one subgraph']);
  const read = await Promise.all(
    entries.map(async ([name, subgraph]): Promise<SubgraphSchema | CompositionProblem> => {
      try {
        return await readSubgraph(name, subgraph, file =>
          readText(isAbsolute(file) ? file : join(dirname(path), file)),
        );
      } catch (error) {
        const reason = (error as Error).message;
        return { subgraphs: [name], coordinate: null, places: [], code: 'SCHEMA_UNREADABLE', reason };
      }
    }),
  );
  const problems = read.filter((item): item is CompositionProblem => 'reason' in item);
  if (problems.length > 0) throw new CompositionError(problems);
  const { composeSupergraph } = await import('./compose.ts');
  return composeSupergraph(read.filter((item): item is SubgraphSchema => 'sdl' in item));
}

async function readSubgraph(
  name: string,
  { routing_url, schema }: SubgraphEntry,
  readText: ReadText,
): Promise<SubgraphSchema> {
  const url = routing_url ?? schema.subgraph_url;
  if (url === undefined) throw new Error('give routing_url, so that the gateway can reach it');
  if (schema.subgraph_url !== undefined) {
    const sdl = await fetchSdl({ url: schema.subgraph_url, headers: schema.introspection_headers });
    return { name, url, sdl, origin: schema.subgraph_url };
  }
  if (schema.sdl !== undefined) return { name, url, sdl: schema.sdl, origin: `sdl of ${name}` };
  const origin = schema.file ?? '';
  return { name, url, sdl: await readText(origin), origin };
}
