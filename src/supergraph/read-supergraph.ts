import { type DocumentNode, GraphQLError, Kind, parse, type SelectionSetNode } from 'graphql';
import { argument, joinGraphs, named } from './join-directives.ts';
import { fieldOwners, soleOwners } from './sole-owners.ts';

/** What the gateway reads from a supergraph's join directives (join spec v0.1 to v0.5), once a generation. */
export interface SupergraphFacts {
  /** Subgraph name → routing URL as composed. */
  readonly urls: ReadonlyMap<string, string>;
  /** Names of all fields that planners may add to an operation: those in keys and `@requires`. */
  readonly plannerFields: ReadonlySet<string>;
  /** Coordinate → the subgraphs that resolve the field. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** Coordinate → subgraph, for the fields that only one resolves. */
  readonly soleOwners: ReadonlyMap<string, string>;
}

/** @throws Error when the document is no supergraph. */
export function readSupergraph(document: DocumentNode): SupergraphFacts {
  const urls = subgraphUrls(document);
  if (urls.size === 0) {
    throw new Error(
      'This is not a supergraph: it has no join__Graph enum. Compose one with "weir compose" from a supergraph.yaml.',
    );
  }
  return {
    urls,
    plannerFields: plannerFields(document),
    owners: fieldOwners(document),
    soleOwners: soleOwners(document),
  };
}

/** @throws Error that says what is wrong with the SDL, and where. */
export function parseSupergraph(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (cause) {
    if (!(cause instanceof GraphQLError)) throw cause;
    const [place] = cause.locations ?? [];
    const where = place === undefined ? '' : ` at line ${place.line}, column ${place.column}`;
    throw new Error(`The supergraph is not GraphQL SDL${where}: ${cause.message}`, { cause });
  }
}

function subgraphUrls(document: DocumentNode): ReadonlyMap<string, string> {
  const urls = new Map<string, string>();
  for (const { name, url } of joinGraphs(document).values()) urls.set(name, url);
  return urls;
}

function plannerFields(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>(['__typename']);
  for (const fieldSet of fieldSets(document)) {
    const parsed = parse(`{${fieldSet}}`, { noLocation: true });
    for (const definition of parsed.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) addFieldNames(definition.selectionSet, names);
    }
  }
  return names;
}

function* fieldSets(document: DocumentNode): Generator<string> {
  for (const definition of document.definitions) {
    if (!('directives' in definition)) continue;
    for (const join of named(definition.directives, 'join__type')) {
      const key = argument(join, 'key');
      if (key !== null) yield key;
    }
    if (!('fields' in definition)) continue;
    for (const join of (definition.fields ?? []).flatMap(field => named(field.directives, 'join__field'))) {
      const required = argument(join, 'requires');
      if (required !== null) yield required;
    }
  }
}

function addFieldNames(set: SelectionSetNode, names: Set<string>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
      addFieldNames(selection.selectionSet, names);
    }
  }
}
