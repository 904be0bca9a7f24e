import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';
import { objectionsIn } from './cache-tag-problems.ts';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, linkedDirective, namedAny } from './feature-names.ts';
import { argument, joinGraphs, named } from './join-directives.ts';
import { parseTagFormat, type TagFormat } from './tag-format.ts';

/** One `@cacheTag`. */
export interface CacheTag {
  readonly format: TagFormat;
  /** The subgraphs that say so; empty: it is not known which. */
  readonly subgraphs: readonly string[];
}

interface TagProblem {
  readonly coordinate: string;
  readonly directive: ConstDirectiveNode;
  readonly code: 'CACHE_TAG_INVALID';
  readonly reason: string;
}

const FEDERATION = 'https://specs.apollo.dev/federation';
const CACHE_TAG = 'https://specs.apollo.dev/cacheTag';

/** More of them on one element are a mistake, and each is computed for every entity. */
const MAX_TAGS = 16;

/** The `@cacheTag`s of a supergraph, or of one subgraph's schema. */
export function examineCacheTags(document: DocumentNode): {
  readonly tags: ReadonlyMap<string, readonly CacheTag[]>;
  readonly problems: readonly TagProblem[];
} {
  const tags = new Map<string, CacheTag[]>();
  const problems: TagProblem[] = [];
  const find = tagsIn(document);
  const objectionTo = objectionsIn(document);
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const { directive, text, subgraphs } of find(directives)) {
      try {
        const format = parseTagFormat(text);
        const objection = objectionTo(format, coordinate, subgraphs);
        if (objection !== null) throw new RangeError(objection);
        const known = tags.get(coordinate) ?? [];
        if (known.length === MAX_TAGS) throw new RangeError(`is one of more than ${MAX_TAGS}`);
        tags.set(coordinate, [...known, Object.freeze({ format, subgraphs })]);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const reason = `the format ${JSON.stringify(text.slice(0, 80))} ${error.message}`;
        problems.push({ coordinate, directive, code: 'CACHE_TAG_INVALID', reason });
      }
    }
  }
  giveToImplementations(document, tags);
  return { tags, problems };
}

interface WrittenTag {
  readonly directive: ConstDirectiveNode;
  readonly text: string;
  readonly subgraphs: readonly string[];
}

/** Composition keeps which subgraph has said what, and so it writes the directive as one of its own. */
function tagsIn(
  document: DocumentNode,
): (directives: readonly ConstDirectiveNode[]) => readonly WrittenTag[] {
  const own = linkedDirective(document, FEDERATION, 'cacheTag');
  const names = own === null ? featureDirectives(document, CACHE_TAG, 'cacheTag') : new Set([own]);
  const graphs = joinGraphs(document);
  return directives => [
    ...namedAny(directives, names).flatMap(directive => {
      const text = argument(directive, 'format');
      return text === null ? [] : [{ directive, text, subgraphs: [] }];
    }),
    ...named(directives, 'join__directive').flatMap(directive => {
      if (!/(^|__)cacheTag$/.test(argument(directive, 'name') ?? '')) return [];
      const { graphs: said, format } = joinedArguments(directive);
      const subgraphs = said.map(graph => graphs.get(graph)?.name).filter(name => name !== undefined);
      return format === null ? [] : [{ directive, text: format, subgraphs }];
    }),
  ];
}

function joinedArguments(directive: ConstDirectiveNode): {
  readonly graphs: readonly string[];
  readonly format: string | null;
} {
  const given = new Map(
    directive.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
  const format = (given.get('args') as { readonly format?: unknown } | undefined)?.format;
  const said: readonly unknown[] = [given.get('graphs') ?? []].flat();
  return {
    graphs: said.filter(name => typeof name === 'string'),
    format: typeof format === 'string' ? format : null,
  };
}

/** Fields that implementations get from an interface object are theirs without the directives of composition. */
function giveToImplementations(document: DocumentNode, tags: Map<string, CacheTag[]>): void {
  for (const type of document.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of type.fields ?? []) {
      const isGiven = named(field.directives, 'join__field').some(join => argument(join, 'graph') === null);
      if (!isGiven) continue;
      const inherited = (type.interfaces ?? []).flatMap(
        ({ name }) => tags.get(`${name.value}.${field.name.value}`) ?? [],
      );
      const coordinate = `${type.name.value}.${field.name.value}`;
      if (inherited.length > 0) tags.set(coordinate, [...(tags.get(coordinate) ?? []), ...inherited]);
    }
  }
}
