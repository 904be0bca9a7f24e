import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { sha256 } from '../../shared/hash.ts';
import { objectTypesOf } from '../../shared/object-types.ts';
import { responseKeyOf } from '../../shared/response-key-of.ts';
import type { CachingTable } from '../../supergraph/cache-directives.ts';
import { NEVER_KEPT, type PolicyCompiler } from '../policy/compile-policy.ts';
import { compileEntityTags } from '../policy/entity-tags.ts';
import type { Privacy } from '../policy/privacy.ts';
import { selectionOf } from '../response/answer-node.ts';
import { compileEntitiesBelow } from '../response/entities-in.ts';
import type { CachedFetch, CachedGroup, FetchCaching } from './fetch-caching.ts';
import { compileFitsSelection } from './fits-selection.ts';
import { type KeptSelection, selectionId } from './kept-selection.ts';
import { identifySelection } from './selection-identity.ts';
import { StoredFetch, type StoredFetchOptions } from './stored-fetch.ts';

export interface FetchCachingOptions
  extends Omit<StoredFetchOptions, 'subgraph' | 'keepHeaders' | 'longestMs'> {
  readonly generation: string;
  /** With join directives and what no client may see. */
  readonly schema: GraphQLSchema;
  readonly table: CachingTable;
  readonly policies: PolicyCompiler;
  /** Texts that are the same for all gateways that get the same of it: where it is asked, and what is passed on. */
  readonly placeOf: (subgraph: string) => readonly string[];
  /** {@link StoredFetchOptions.longestMs} */
  readonly longestMsOf: (subgraph: string) => number | null;
  readonly keepHeadersOf: (subgraph: string) => StoredFetchOptions['keepHeaders'];
}

/** The entity cache of one generation. */
export function createFetchCaching(options: FetchCachingOptions): FetchCaching {
  const privacies = new Map<string, Privacy>();
  const privacyOf = (subgraph: string): Privacy => {
    const privacy = privacies.get(subgraph) ?? { isSeen: false };
    privacies.set(subgraph, privacy);
    return privacy;
  };
  const storedOptions = ({ subgraph }: CachedFetch): StoredFetchOptions => {
    const [keepHeaders, longestMs] = [options.keepHeadersOf(subgraph), options.longestMsOf(subgraph)];
    return { ...options, subgraph, keepHeaders, longestMs };
  };
  return {
    entities(fetch, groups) {
      const place = placeOf(fetch, options);
      const selections = new Map(
        groups.map(group => [
          group.alias,
          selectionsOf(group, fetch, { place, privacy: privacyOf(fetch.subgraph), options }),
        ]),
      );
      const isAny = [...selections.values()].some(({ size }) => size > 0);
      return isAny ? new StoredFetch(selections, storedOptions(fetch)) : null;
    },
    root(fetch) {
      const place = placeOf(fetch, options);
      const selection = rootSelection(fetch, { place, privacy: privacyOf(fetch.subgraph), options });
      if (selection === null) return null;
      const selections = new Map([[null, new Map([['', selection]])]]);
      return new StoredFetch(selections, storedOptions(fetch));
    },
  };
}

interface Context {
  /** Who is asked. */
  readonly place: readonly string[];
  /** Of the subgraph. */
  readonly privacy: Privacy;
  readonly options: FetchCachingOptions;
}

function placeOf(
  { subgraph }: CachedFetch,
  options: Pick<FetchCachingOptions, 'generation' | 'placeOf'>,
): readonly string[] {
  return [options.generation, subgraph, ...options.placeOf(subgraph)];
}

/** By the type that a representation names. */
function selectionsOf(
  { set, types }: CachedGroup,
  { subgraph, document }: CachedFetch,
  { place, privacy, options }: Context,
): ReadonlyMap<string, KeptSelection> {
  const { policies, table } = options;
  const identity = identifySelection(set, document);
  const kept = new Map<string, KeptSelection>();
  for (const type of new Set(
    types.flatMap(name => objectTypesOf(options.schema.getType(name), options.schema)),
  )) {
    const policy = policies.entity({ document, set, type });
    if (policy === NEVER_KEPT) continue;
    const selection = { document, schema: options.schema, type, set };
    kept.set(type.name, {
      id: selectionId([...place, type.name], identity),
      variables: identity.variables,
      policy,
      fits: compileFitsSelection(selection),
      entityTagsOf: compileEntityTags({ subgraph, type: type.name }, table),
      entitiesIn: compileEntitiesBelow(selection, table),
      soleEntities: [],
      privacy,
    });
  }
  return kept;
}

function rootSelection(
  { document }: CachedFetch,
  { place, privacy, options }: Context,
): KeptSelection | null {
  const { schema, policies } = options;
  const definition = operationIn(document);
  if (definition === undefined) return null;
  const identity = identifySelection(definition.selectionSet, document);
  const hash = sha256(identity.text);
  const policy = policies.operation({ document, definition, schema, hash }, 1);
  const selection = selectionOf({ document, definition, schema });
  if (policy === NEVER_KEPT || selection === null) return null;
  return {
    id: selectionId(place, identity),
    variables: identity.variables,
    policy,
    fits: compileFitsSelection(selection),
    entityTagsOf: null,
    entitiesIn: compileEntitiesBelow(selection, options.table),
    soleEntities: soleEntities(definition, options),
    privacy,
  };
}

function operationIn({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find(node => node.kind === Kind.OPERATION_DEFINITION);
}

function soleEntities(
  { selectionSet }: OperationDefinitionNode,
  { schema, table }: FetchCachingOptions,
): readonly string[] {
  const fields = schema.getQueryType()?.getFields() ?? {};
  const isSole = ({ name }: FieldNode): boolean => {
    const type = fields[name.value]?.type;
    return type !== undefined && 'name' in type && table.keys.has(type.name);
  };
  return selectionSet.selections.flatMap(node =>
    node.kind === Kind.FIELD && isSole(node) ? [responseKeyOf(node)] : [],
  );
}
