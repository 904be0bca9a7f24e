import { type DirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';
import { named } from './join-directives.ts';

/** One `@link(url:, as:, import:)`, or `@core(feature:, as:)` of the older core spec. */
interface FeatureLink {
  /** The URL without its version. */
  readonly url: string;
  /** What stands before the names that are not imported. */
  readonly prefix: string;
  /** Imported name → name here, both without `@`. */
  readonly imports: ReadonlyMap<string, string>;
  /** The same of types. */
  readonly types: ReadonlyMap<string, string>;
}

const FEDERATION = 'https://specs.apollo.dev/federation';
const VERSION = /^v\d+\.\d+$/;

/**
 * The names by which a document uses a directive of a core feature (https://specs.apollo.dev/link/v1.0), given
 * the feature's URL without version and the directive's own name. Several when it is linked several times.
 *
 * Renamed imports have been a way around enforcement elsewhere, so no doubt lets a directive go unseen: unless
 * one of the linked names is defined in the document, the directive's own name counts too, linked or not.
 */
export function featureDirectives(
  document: DocumentNode,
  url: string,
  directive: string,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const link of featureLinks(document)) {
    if (link.url === url || link.url === FEDERATION) names.add(nameThrough(link, directive));
  }
  const isDefined = document.definitions.some(
    node => node.kind === Kind.DIRECTIVE_DEFINITION && names.has(node.name.value),
  );
  if (!isDefined) names.add(directive);
  return names;
}

/** What a document calls a directive of a feature that it links itself, or null where it does not link it. */
export function linkedDirective(document: DocumentNode, url: string, directive: string): string | null {
  const link = featureLinks(document).find(feature => feature.url === url);
  return link === undefined ? null : nameThrough(link, directive);
}

/** Whether a name is that of a directive that the document imports, of whatever feature. */
export function isImportedAs(document: DocumentNode, name: string): boolean {
  return featureLinks(document).some(({ imports }) => [...imports.values()].includes(name));
}

/** What a document calls a type of a feature: as it imports it, and as it is without an import. */
export function linkedTypes(
  document: DocumentNode,
  url: string,
  type: string,
): { readonly imported: string | null; readonly prefixed: string } | null {
  const link = featureLinks(document).find(feature => feature.url === url);
  if (link === undefined) return null;
  return { imported: link.types.get(type) ?? null, prefixed: `${link.prefix}__${type}` };
}

/** Whether a directive is a `@link` to a feature, in whatever version. */
export function isLinkTo(directive: DirectiveNode, url: string): boolean {
  return readLink(directive)?.url === url;
}

/** The directives on a definition that have one of the names. */
export function namedAny<D extends DirectiveNode>(
  directives: readonly D[] | undefined,
  names: ReadonlySet<string>,
): readonly D[] {
  return [...names].flatMap(name => named(directives, name));
}

function nameThrough({ url, prefix, imports }: FeatureLink, directive: string): string {
  const imported = imports.get(directive);
  if (imported !== undefined) return imported;
  // A feature's default directive has the feature's name, and is renamed with it.
  return url.endsWith(`/${directive}`) ? prefix : `${prefix}__${directive}`;
}

function featureLinks(document: DocumentNode): readonly FeatureLink[] {
  return document.definitions.flatMap(node => {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) return [];
    // By their arguments: @link can be linked under another name itself.
    return (node.directives ?? []).map(readLink).filter(link => link !== null);
  });
}

function readLink(directive: DirectiveNode): FeatureLink | null {
  const given = new Map(directive.arguments?.map(node => [node.name.value, valueFromASTUntyped(node.value)]));
  const url = withoutVersion(given.get('url') ?? given.get('feature'));
  if (url === null) return null;
  const as = given.get('as');
  return {
    url,
    prefix: typeof as === 'string' ? as : url.slice(url.lastIndexOf('/') + 1),
    ...readImports(given.get('import')),
  };
}

function withoutVersion(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const { origin, pathname } = new URL(value);
  const segments = pathname.split('/').filter(segment => segment !== '');
  if (VERSION.test(segments.at(-1) ?? '')) segments.pop();
  return segments.length === 0 ? null : `${origin}/${segments.join('/')}`;
}

function readImports(value: unknown): Pick<FeatureLink, 'imports' | 'types'> {
  const imports = new Map<string, string>();
  const types = new Map<string, string>();
  for (const item of Array.isArray(value) ? value : [value]) {
    const { name, as } = typeof item === 'string' ? { name: item, as: item } : readRename(item);
    if (name.startsWith('@')) imports.set(name.slice(1), as.replace(/^@/, ''));
    else if (name !== '') types.set(name, as);
  }
  return { imports, types };
}

function readRename(item: unknown): { readonly name: string; readonly as: string } {
  const { name, as } = (item ?? {}) as { readonly name?: unknown; readonly as?: unknown };
  const from = typeof name === 'string' ? name : '';
  return { name: from, as: typeof as === 'string' ? as : from };
}
