import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** How large an operation is once its fragments are spread. */
export interface DocumentSize {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** As written; validation looks at each once. */
  readonly directives: number;
  /** Spreads and inline fragments, as written: validation compares each with those beside it. */
  readonly fragments: number;
  /** Fields and fragments in each other: what whoever walks the operation needs stack for. */
  readonly nesting: number;
}

interface SetSize {
  readonly depth: number;
  readonly nesting: number;
  readonly aliases: number;
  readonly fields: number;
}

/** Sums stop here: fragments that double each other would pass every number there is. */
const MANY = 1e9;

const EMPTY: SetSize = { depth: 0, nesting: 0, aliases: 0, fields: 0 };

/** Deeper ones are not measured: to do it takes stack, too. */
const DEEPEST = 1_000;

const TOO_DEEP: SetSize = { ...EMPTY, depth: MANY, nesting: MANY };

/**
 * The largest of a document's operations by each measure. Every selection set is visited once, however often
 * its fragment is spread, so that bombs cost linear time; a fragment that spreads itself counts once, as
 * validation will refuse it. Introspection has a bound of its own and counts as a leaf, but not in nesting.
 */
export function measureDocument(document: DocumentNode): DocumentSize {
  const measure = new Measure(document);
  const size = { depth: 0, nesting: 0, aliases: 0, rootFields: 0 };
  for (const definition of document.definitions) {
    // Validation goes down into those that nothing spreads, too.
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      size.nesting = Math.max(size.nesting, measure.fragment(definition.name.value).nesting);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, nesting, aliases, fields } = measure.set(definition.selectionSet);
    size.depth = Math.max(size.depth, depth);
    size.nesting = Math.max(size.nesting, nesting);
    size.aliases = Math.max(size.aliases, aliases);
    size.rootFields = Math.max(size.rootFields, fields);
  }
  return { ...size, ...measure.written(document) };
}

class Measure {
  readonly #definitions = new Map<string, FragmentDefinitionNode>();
  readonly #sizes = new Map<string, SetSize>();
  #level = 0;

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#definitions.set(definition.name.value, definition);
    }
  }

  set({ selections }: SelectionSetNode): SetSize {
    if (this.#level === DEEPEST) return TOO_DEEP;
    this.#level++;
    const size = { depth: 0, nesting: 0, aliases: 0, fields: 0 };
    for (const selection of selections) {
      const { depth, nesting, aliases, fields } = this.#selection(selection);
      size.depth = Math.max(size.depth, depth);
      size.nesting = Math.max(size.nesting, nesting + 1);
      size.aliases = Math.min(MANY, size.aliases + aliases);
      size.fields = Math.min(MANY, size.fields + fields);
    }
    this.#level--;
    return size;
  }

  /** As a part of the set that it is in; its nesting is that of what is below. */
  #selection(selection: SelectionNode): SetSize {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.fragment(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.set(selection.selectionSet);
    const { selectionSet, alias, name } = selection;
    const below = selectionSet === undefined ? EMPTY : this.set(selectionSet);
    const isLeaf = name.value === '__schema' || name.value === '__type';
    const { depth, aliases } = isLeaf ? EMPTY : below;
    const own = alias === undefined ? 0 : 1;
    return { depth: depth + 1, nesting: below.nesting, aliases: aliases + own, fields: 1 };
  }

  fragment(name: string): SetSize {
    const known = this.#sizes.get(name);
    if (known !== undefined) return known;
    const definition = this.#definitions.get(name);
    if (definition === undefined) return EMPTY;
    this.#sizes.set(name, EMPTY);
    const size = this.set(definition.selectionSet);
    this.#sizes.set(name, size);
    return size;
  }

  written(document: DocumentNode): Pick<DocumentSize, 'directives' | 'fragments'> {
    let directives = 0;
    let fragments = 0;
    const pending: SelectionSetNode[] = [];
    for (const definition of document.definitions) {
      if ('directives' in definition) directives += definition.directives?.length ?? 0;
      if ('variableDefinitions' in definition) {
        for (const variable of definition.variableDefinitions ?? [])
          directives += variable.directives?.length ?? 0;
      }
      if ('selectionSet' in definition) pending.push(definition.selectionSet);
    }
    for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
      for (const selection of set.selections) {
        directives += selection.directives?.length ?? 0;
        if (selection.kind !== Kind.FIELD) fragments++;
        if ('selectionSet' in selection && selection.selectionSet !== undefined)
          pending.push(selection.selectionSet);
      }
    }
    return { directives, fragments };
  }
}
