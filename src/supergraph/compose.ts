import { composeServices } from '@apollo/composition';
import { type DocumentNode, type GraphQLError, GraphQLError as ParseError, parse, Source } from 'graphql';
import { completeWeirLink } from './complete-weir-link.ts';
import { CompositionError, type CompositionProblem } from './composition-error.ts';
import { adviceFor, foreignDirectives } from './foreign-directives.ts';
import { coordinateAt, placeOf } from './locate-node.ts';
import { weirProblems } from './weir-problems.ts';

/** One subgraph as it goes into composition. */
export interface SubgraphSchema {
  readonly name: string;
  /** Where the gateway will reach it. */
  readonly url: string;
  readonly sdl: string;
  /** File or URL that the SDL came from, for messages. */
  readonly origin: string;
}

export interface ComposedSupergraph {
  readonly sdl: string;
  /** Legal but notable, one sentence each. */
  readonly hints: readonly string[];
  /** Legal and most likely a mistake, one sentence each. */
  readonly warnings: readonly string[];
}

interface ParsedSubgraph extends SubgraphSchema {
  readonly document: DocumentNode;
}

/** Composes with Apollo's composition (Federation 2). @throws CompositionError */
export function composeSupergraph(subgraphs: readonly SubgraphSchema[]): ComposedSupergraph {
  const parsed = parseAll(subgraphs);
  const problems = weirProblems(parsed);
  if (problems.length > 0) throw new CompositionError(problems);
  const result = composeServices(
    parsed.map(({ name, url, document }) => ({ name, url, typeDefs: completeWeirLink(document) })),
  );
  if (result.errors !== undefined) {
    throw new CompositionError(result.errors.map(error => problemOf(error, parsed)));
  }
  return {
    sdl: result.supergraphSdl,
    warnings: foreignDirectives(parsed),
    hints: result.hints.map(
      ({ coordinate, definition, message }) =>
        `${coordinate === undefined ? '' : `${coordinate} `}${definition.code}: ${message}`,
    ),
  };
}

/** All syntax errors at once, so that one run tells about every file. */
function parseAll(subgraphs: readonly SubgraphSchema[]): readonly ParsedSubgraph[] {
  const problems: CompositionProblem[] = [];
  const parsed: ParsedSubgraph[] = [];
  for (const subgraph of subgraphs) {
    try {
      parsed.push({ ...subgraph, document: parse(new Source(subgraph.sdl, subgraph.origin)) });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const [place] = error.locations ?? [];
      problems.push({
        subgraphs: [subgraph.name],
        coordinate: null,
        places: place === undefined ? [] : [`${subgraph.origin}:${place.line}:${place.column}`],
        code: 'INVALID_GRAPHQL',
        reason: error.message,
      });
    }
  }
  if (problems.length > 0) throw new CompositionError(problems);
  return parsed;
}

const SUBGRAPH_PREFIX = /^\[([^\]]+)\] /;
const UNRESOLVABLE = /cannot find field "([^"]+)"/;
const SUBGRAPH_NAMES = /subgraph "([^"]+)"/g;

function problemOf(error: GraphQLError, subgraphs: readonly ParsedSubgraph[]): CompositionProblem {
  const locations = (error.nodes ?? []).flatMap(({ loc }) => (loc === undefined ? [] : [loc]));
  const [first] = locations;
  const owner = subgraphs.find(({ document }) => document.loc?.source === first?.source);
  const prefix = SUBGRAPH_PREFIX.exec(error.message)?.[1];
  const located = subgraphs.filter(({ document }) =>
    locations.some(({ source }) => source === document.loc?.source),
  );
  const named = prefix !== undefined ? [prefix] : located.map(({ name }) => name);
  const mentioned = [...error.message.matchAll(SUBGRAPH_NAMES)].map(([, name = '']) => name);
  const reason = error.message.replace(SUBGRAPH_PREFIX, '');
  const advice = adviceFor(reason);
  return {
    subgraphs: named.length > 0 ? named : [...new Set(mentioned)],
    coordinate:
      owner === undefined || first === undefined
        ? (UNRESOLVABLE.exec(error.message)?.[1] ?? null)
        : coordinateAt(owner.document, first.start),
    places: locations.map(placeOf),
    code: String(error.extensions['code'] ?? 'COMPOSITION_ERROR'),
    reason: advice === null ? reason : `${reason} ${advice[0]?.toUpperCase()}${advice.slice(1)}`,
  };
}
