import { createRequire, Module } from 'node:module';

type ApolloPackage = typeof import('@apollo/gateway');

/**
 * Modules of Apollo's package for what is done here in another way (running operations, asking subgraphs, bringing
 * supergraphs) or not at all (reporting to Apollo). They take some 400 modules of other packages along, 16 MB of memory
 * and a tenth of a second of each start. One that another version of the package does not have is not put off.
 */
const PUT_OFF = [
  './executeQueryPlan',
  './datasources/RemoteGraphQLDataSource',
  './supergraphManagers',
  './utilities/opentelemetry',
];

/** Apollo's own class, and all of it: what was put off is loaded at the moment at which something uses it. */
export const { ApolloGateway } = loadPackage();

function loadPackage(): ApolloPackage {
  const entry = createRequire(import.meta.url).resolve('@apollo/gateway');
  const require = createRequire(entry);
  const paths = PUT_OFF.flatMap(name => pathOf(name, require)).filter(path => !(path in require.cache));
  for (const path of paths) require.cache[path] = standIn(path, () => require(path));
  try {
    return require(entry);
  } finally {
    // Nothing but the package itself has seen them: all of this is done at one go.
    for (const path of paths) delete require.cache[path];
  }
}

function pathOf(name: string, require: NodeJS.Require): readonly string[] {
  try {
    return [require.resolve(name)];
  } catch {
    return [];
  }
}

function standIn(path: string, load: () => object): Module {
  const module = new Module(path);
  module.loaded = true;
  module.exports = new Proxy({}, { get: (_, name) => Reflect.get(load(), name) });
  return module;
}
