import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../../errors.ts';
import { TYPENAME_FIELD } from '../../../shared/typename-field.ts';
import type { PlannableText } from '../planner.ts';
import { expandedSize } from './expanded-size.ts';
import { nameAbstractTypes } from './name-abstract-types.ts';
import { assignResponseKeys, type ResponseKeys } from './response-keys.ts';
import { renameVariables, type VariableNames } from './variable-names.ts';

/** An operation split into what planners see and what the gateway answers itself. */
export interface OperationParts {
  /** Null when no subgraph is needed: only introspection, `__typename`, or everything skipped. */
  readonly plannable: PlannableText | null;
  /** Null when the operation selects no `__schema` or `__type`. */
  readonly introspection: DocumentNode | null;
  readonly responseKeys: ResponseKeys;
  readonly variableNames: VariableNames;
}

interface SplitOptions {
  readonly rootTypeName: string;
  /** Names of fields in keys and `@requires`; see {@link assignResponseKeys}. */
  readonly reserved: ReadonlySet<string>;
  /** The API schema, if members of its abstract types are hidden; see {@link nameAbstractTypes}. */
  readonly hidingSchema: GraphQLSchema | null;
  /** Fields that the caller may not see: planners never hear of them. */
  readonly removed?: Pick<ReadonlyMap<FieldNode, unknown>, 'has' | 'size'>;
  /** Field → what is fetched beside it for the gateway's own eyes. */
  readonly reads?: ReadonlyMap<FieldNode, readonly FragmentDefinitionNode[]>;
}

/** Planners walk every fragment wherever it is spread; no client's own operation comes near this. */
const MAX_SELECTIONS = 10_000;

const META_FIELDS = new Set(['__schema', '__type', '__typename']);
const NOTHING: ReadonlyMap<FieldNode, unknown> = new Map();
const NOTHING_READ: ReadonlyMap<FieldNode, readonly FragmentDefinitionNode[]> = new Map();
/**
 * Makes the planners' copy of an operation: literal `@skip` and `@include` are decided, meta fields of the
 * root are taken out (planners throw on them or fetch them), and response keys are made unambiguous.
 * @throws GatewayError DOCUMENT_LIMIT_EXCEEDED
 */
export function splitOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  options: SplitOptions,
): OperationParts {
  const fragments = reachableFragments(document, operation);
  const reads = options.reads ?? NOTHING_READ;
  const parts = [operation, ...fragments.values(), ...[...reads.values()].flat()];
  const fields = parts.flatMap(part => [...fieldsOf(part.selectionSet)]);
  const responseKeys = assignResponseKeys(
    fields.filter(field => !META_FIELDS.has(field.name.value)),
    options.reserved,
  );
  const plannerCopy = new Copy({
    fragments,
    rootTypeName: options.rootTypeName,
    responseKeys,
    keepMeta: false,
    removed: options.removed ?? NOTHING,
    reads,
  });
  const { hidingSchema } = options;
  const bare = plannerCopy.document(operation);
  const copied = bare === null || hidingSchema === null ? bare : nameAbstractTypes(bare, hidingSchema);
  const renamed = copied === null ? null : renameVariables(copied);
  if (copied !== null && expandedSize(copied) > MAX_SELECTIONS) {
    throw new GatewayError('DOCUMENT_LIMIT_EXCEEDED', {
      message: `The operation has more than ${MAX_SELECTIONS} selections once its fragments are spread.`,
    });
  }
  const asksMeta = fields.some(field => field.name.value === '__schema' || field.name.value === '__type');
  return {
    plannable:
      renamed === null ? null : { text: print(renamed.document), name: operation.name?.value ?? null },
    introspection: asksMeta
      ? new Copy({
          fragments,
          rootTypeName: options.rootTypeName,
          responseKeys,
          keepMeta: true,
          removed: NOTHING,
          reads: NOTHING_READ,
        }).document(operation)
      : null,
    responseKeys,
    variableNames: renamed?.names ?? new Map(),
  };
}

interface CopyOptions {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly rootTypeName: string;
  readonly responseKeys: ResponseKeys;
  /** At the root: keep only introspection (true), or everything else (false). */
  readonly keepMeta: boolean;
  readonly removed: Pick<ReadonlyMap<FieldNode, unknown>, 'has' | 'size'>;
  readonly reads: ReadonlyMap<FieldNode, readonly FragmentDefinitionNode[]>;
}

/** One rewriting of an operation. Every fragment is visited once, however often it is spread. */
class Copy {
  readonly #options: CopyOptions;
  readonly #fragments = new Map<string, FragmentDefinitionNode | null>();
  readonly #alwaysSelecting = new Map<string, boolean>();

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  document(operation: OperationDefinitionNode): DocumentNode | null {
    const selections = this.#selections(operation.selectionSet, true);
    if (selections.length === 0) return null;
    const root: OperationDefinitionNode = {
      ...operation,
      directives: [],
      selectionSet: { kind: Kind.SELECTION_SET, selections },
    };
    const used = [...this.#fragments.values()].filter(fragment => fragment !== null);
    return { kind: Kind.DOCUMENT, definitions: [root, ...used] };
  }

  #selections(set: SelectionSetNode, atRoot: boolean): SelectionNode[] {
    return set.selections.flatMap(selection => {
      const directives = decideConditions(selection.directives ?? []);
      if (directives === null) return [];
      const copy = this.#selection({ ...selection, directives }, { atRoot, original: selection });
      const read = selection.kind === Kind.FIELD ? this.#options.reads.get(selection) : undefined;
      return read === undefined ? copy : [...copy, ...this.#beside(read)];
    });
  }

  /** Whether or not the field itself is selected: a condition that leaves it out is not worth a second look. */
  #beside(fragments: readonly FragmentDefinitionNode[]): SelectionNode[] {
    return fragments.map(({ typeCondition, selectionSet }) => ({
      kind: Kind.INLINE_FRAGMENT,
      typeCondition,
      selectionSet: { kind: Kind.SELECTION_SET, selections: this.#selections(selectionSet, false) },
    }));
  }

  #selection(
    copy: SelectionNode,
    { atRoot, original }: { atRoot: boolean; original: SelectionNode },
  ): SelectionNode[] {
    switch (copy.kind) {
      case Kind.FIELD:
        return this.#field(copy, { atRoot, original: original as FieldNode });
      case Kind.INLINE_FRAGMENT: {
        const type = copy.typeCondition?.name.value;
        const staysAtRoot = atRoot && (type === undefined || type === this.#options.rootTypeName);
        const selections = this.#selections(copy.selectionSet, staysAtRoot);
        if (selections.length === 0) return this.#emptied(copy, atRoot);
        return [{ ...copy, selectionSet: { kind: Kind.SELECTION_SET, selections } }];
      }
      case Kind.FRAGMENT_SPREAD:
        return this.#fragment(copy.name.value) === null ? this.#emptied(copy, atRoot) : [copy];
    }
  }

  /** What a fragment selects that the caller may not see is still denied to its type alone: which type is it? */
  #emptied({ directives = [] }: SelectionNode, atRoot: boolean): SelectionNode[] {
    return atRoot || this.#options.removed.size === 0 ? [] : [{ ...TYPENAME_FIELD, directives }];
  }

  #field(copy: FieldNode, { atRoot, original }: { atRoot: boolean; original: FieldNode }): SelectionNode[] {
    const name = copy.name.value;
    if (this.#options.keepMeta)
      return META_FIELDS.has(name) && name !== '__typename' ? this.#introspection(original) : [];
    if ((atRoot && META_FIELDS.has(name)) || this.#options.removed.has(original)) return [];
    if (name === '__typename') return [{ ...TYPENAME_FIELD, directives: copy.directives ?? [] }];
    const key = this.#options.responseKeys.get(original) ?? name;
    const { alias: _, ...field } = copy;
    const renamed: FieldNode = key === name ? field : { ...field, alias: { kind: Kind.NAME, value: key } };
    if (copy.selectionSet === undefined) return [renamed];
    const selections = this.#selections(copy.selectionSet, false);
    return [
      {
        ...renamed,
        selectionSet: {
          kind: Kind.SELECTION_SET,
          selections: this.#selectsAlways(selections) ? selections : [TYPENAME_FIELD, ...selections],
        },
      },
    ];
  }

  /** An object of which conditions take everything is still an object; a planner would not fetch it at all. */
  #selectsAlways(selections: readonly SelectionNode[]): boolean {
    return selections.some(selection => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.FIELD) return true;
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return this.#selectsAlways(selection.selectionSet.selections);
      const name = selection.name.value;
      const copied = this.#fragments.get(name)?.selectionSet.selections ?? [];
      const known = this.#alwaysSelecting.get(name) ?? this.#selectsAlways(copied);
      this.#alwaysSelecting.set(name, known);
      return known;
    });
  }

  /** Kept as it is, with the fragments below it. */
  #introspection(field: FieldNode): SelectionNode[] {
    const pending = [field.selectionSet];
    for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
      for (const selection of set.selections) {
        if (selection.kind !== Kind.FRAGMENT_SPREAD) {
          if (selection.selectionSet !== undefined) pending.push(selection.selectionSet);
          continue;
        }
        const fragment = this.#options.fragments.get(selection.name.value);
        if (fragment === undefined || this.#fragments.has(fragment.name.value)) continue;
        this.#fragments.set(fragment.name.value, fragment);
        pending.push(fragment.selectionSet);
      }
    }
    return [field];
  }

  #fragment(name: string): FragmentDefinitionNode | null {
    const known = this.#fragments.get(name);
    if (known !== undefined) return known;
    const original = this.#options.fragments.get(name);
    if (original === undefined) return null;
    const atRoot = original.typeCondition.name.value === this.#options.rootTypeName;
    const selections = this.#selections(original.selectionSet, atRoot);
    const copy: FragmentDefinitionNode | null =
      selections.length === 0
        ? null
        : { ...original, selectionSet: { kind: Kind.SELECTION_SET, selections } };
    this.#fragments.set(name, copy);
    return copy;
  }
}

/** The directives that still need a variable; null when a literal condition leaves the selection out. */
function decideConditions(directives: readonly DirectiveNode[]): DirectiveNode[] | null {
  const open: DirectiveNode[] = [];
  for (const directive of directives) {
    const name = directive.name.value;
    const condition = directive.arguments?.find(argument => argument.name.value === 'if')?.value;
    if ((name !== 'skip' && name !== 'include') || condition?.kind !== Kind.BOOLEAN) open.push(directive);
    else if (condition.value === (name === 'skip')) return null;
  }
  return open;
}

/** Fragments that the operation uses, directly or through others; each once, so bombs cost linear time. */
function reachableFragments(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlyMap<string, FragmentDefinitionNode> {
  const all = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) all.set(definition.name.value, definition);
  }
  const reached = new Map<string, FragmentDefinitionNode>();
  const pending: SelectionSetNode[] = [operation.selectionSet];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        if (selection.selectionSet !== undefined) pending.push(selection.selectionSet);
        continue;
      }
      const fragment = all.get(selection.name.value);
      if (fragment === undefined || reached.has(fragment.name.value)) continue;
      reached.set(fragment.name.value, fragment);
      pending.push(fragment.selectionSet);
    }
  }
  return reached;
}

function* fieldsOf(set: SelectionSetNode): Generator<FieldNode> {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) yield selection;
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
      yield* fieldsOf(selection.selectionSet);
    }
  }
}
