import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/** How large an operation is once its fragments are spread. */
export interface DocumentSize {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** As written; validation looks at each once. */
  readonly directives: number;
  /** Spreads and inline fragments, as written: validation compares each with those beside it. */
  readonly fragments: number;
}

interface SetSize {
  readonly depth: number;
  readonly aliases: number;
  readonly fields: number;
}

/** Sums stop here: fragments that double each other would pass every number there is. */
const MANY = 1e9;

const EMPTY: SetSize = { depth: 0, aliases: 0, fields: 0 };

/**
 * The largest of a document's operations by each measure. Every selection set is visited once, however often
 * its fragment is spread, so that bombs cost linear time; a fragment that spreads itself counts once, as
 * validation will refuse it. Introspection has a bound of its own and counts as a leaf.
 */
export function measureDocument(document: DocumentNode): DocumentSize {
  const measure = new Measure(document);
  const size = { depth: 0, aliases: 0, rootFields: 0 };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, fields } = measure.set(definition.selectionSet);
    size.depth = Math.max(size.depth, depth);
    size.aliases = Math.max(size.aliases, aliases);
    size.rootFields = Math.max(size.rootFields, fields);
  }
  return { ...size, ...measure.written(document) };
}

class Measure {
  readonly #definitions = new Map<string, FragmentDefinitionNode>();
  readonly #sizes = new Map<string, SetSize>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#definitions.set(definition.name.value, definition);
    }
  }

  set({ selections }: SelectionSetNode): SetSize {
    const size = { depth: 0, aliases: 0, fields: 0 };
    const add = ({ depth, aliases, fields }: SetSize): void => {
      size.depth = Math.max(size.depth, depth);
      size.aliases = Math.min(MANY, size.aliases + aliases);
      size.fields = Math.min(MANY, size.fields + fields);
    };
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) add(this.#fragment(selection.name.value));
      else if (selection.kind === Kind.INLINE_FRAGMENT) add(this.set(selection.selectionSet));
      else {
        const { selectionSet, alias, name } = selection;
        const isLeaf = selectionSet === undefined || name.value === '__schema' || name.value === '__type';
        const below = isLeaf ? EMPTY : this.set(selectionSet);
        const aliases = below.aliases + (alias === undefined ? 0 : 1);
        add({ depth: below.depth + 1, aliases, fields: 1 });
      }
    }
    return size;
  }

  #fragment(name: string): SetSize {
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
