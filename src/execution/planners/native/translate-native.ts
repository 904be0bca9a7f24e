import type {
  BatchFetchNode,
  FetchNode,
  FetchNodePathSegment,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import { GatewayError } from '../../../errors.ts';
import type {
  EntityGroup,
  ExecutionPlan,
  FetchPlan,
  PathSegment,
  RequiredSelection,
  ResponsePath,
  Rewrite,
} from '../../plan.ts';
import { applyInputRewrites, type InputRewrite } from '../mend/input-rewrites.ts';
import type { TypeRelations } from '../subtypes.ts';

/** The native planner's tree in our representation. */
export function translateNativePlan(node: PlanNode, types: TypeRelations): ExecutionPlan {
  return new NativeTranslation(types).node(node, []);
}

class NativeTranslation {
  readonly #types: TypeRelations;

  constructor(types: TypeRelations) {
    this.#types = types;
  }

  node(node: PlanNode, path: ResponsePath): ExecutionPlan {
    switch (node.kind) {
      case 'Sequence':
        return { kind: 'sequence', nodes: node.nodes.map(child => this.node(child, path)) };
      case 'Parallel':
        return { kind: 'parallel', nodes: node.nodes.map(child => this.node(child, path)) };
      case 'Flatten':
        return this.node(node.node, [...path, ...this.#path(node.path)]);
      case 'Condition':
        return {
          kind: 'condition',
          variable: node.condition,
          // The addon writes null where its typings say undefined.
          ifTrue: node.ifClause ? this.node(node.ifClause, path) : null,
          ifFalse: node.elseClause ? this.node(node.elseClause, path) : null,
        };
      case 'Fetch':
        return this.#fetch(node, path);
      case 'BatchFetch':
        return this.#batchFetch(node);
      default:
        throw new GatewayError('UNSUPPORTED_OPERATION', {
          message: `Operations that need a ${node.kind} step are not supported.`,
        });
    }
  }

  #fetch(node: FetchNode, path: ResponsePath): FetchPlan {
    const common = fetchBasics(node);
    const outputRewrites = (node.outputRewrites ?? []).map(change => this.#rewrite(change));
    if (node.requires === undefined || node.requires.length === 0) {
      return { ...common, target: { kind: 'root', path, outputRewrites } };
    }
    const group: EntityGroup = {
      alias: '_entities',
      variable: 'representations',
      paths: [path],
      requires: wholeInterface(this.#requires(node.requires, node.inputRewrites), [path]),
      outputRewrites,
    };
    return { ...common, target: { kind: 'entities', groups: [group] } };
  }

  #batchFetch(node: BatchFetchNode): FetchPlan {
    const groups = node.entityBatch.aliases.map((alias): EntityGroup => {
      const paths = alias.paths.map(path => this.#path(path));
      return {
        alias: alias.alias,
        variable: alias.representationsVariableName,
        paths,
        requires: wholeInterface(this.#requires(alias.requires, alias.inputRewrites), paths),
        outputRewrites: (alias.outputRewrites ?? []).map(change => this.#rewrite(change)),
      };
    });
    return { ...fetchBasics(node), target: { kind: 'entities', groups } };
  }

  #path(path: readonly FlattenNodePathSegment[]): ResponsePath {
    return path.map(segment => {
      if (segment === '@') return { kind: 'list' };
      if ('Field' in segment) return { kind: 'field', key: segment.Field };
      return { kind: 'types', names: this.#namesUnder(segment.TypeCondition) };
    });
  }

  /** A condition may name an interface; the objects go by their own types. */
  #namesUnder(conditions: readonly string[]): readonly string[] {
    return conditions.flatMap(this.#types.namesUnder);
  }

  #rewrite(native: FetchRewrite): Rewrite {
    const path = (segments: readonly FetchNodePathSegment[]): PathSegment[] =>
      segments.map(segment =>
        'Key' in segment
          ? { kind: 'field', key: segment.Key }
          : { kind: 'types', names: this.#namesUnder(segment.TypenameEquals) },
      );
    if ('KeyRenamer' in native)
      return { kind: 'rename', path: path(native.KeyRenamer.path), to: native.KeyRenamer.renameKeyTo };
    const setter = 'ValueSetter' in native ? native.ValueSetter : native;
    return { kind: 'set', path: path(setter.path), value: setter.setValueTo };
  }

  #requires(selections: RequiresSelection[], rewrites: FetchRewrite[] = []): readonly RequiredSelection[] {
    return applyInputRewrites(
      selections.map(requiredSelection),
      rewrites.map(inputRewrite),
      this.#types.isSubtype,
    );
  }
}

function fetchBasics(node: FetchNode | BatchFetchNode): Omit<FetchPlan, 'target'> {
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operationKind: node.operationKind === 'mutation' ? 'mutation' : 'query',
    operation: node.operation,
    operationName: node.operationName ?? null,
    variables: node.variableUsages ?? [],
  };
}

/**
 * Where fragments on two types ask fields of an interface object, the planner may keep one type's condition
 * for both fetches that it joins. The subgraph knows none of the types, so all of the interface are sent:
 * what is not selected for one of them is not projected. A condition in the path is a real one.
 */
function wholeInterface(
  requires: readonly RequiredSelection[],
  paths: readonly ResponsePath[],
): readonly RequiredSelection[] {
  if (paths.some(path => path.at(-1)?.kind === 'types')) return requires;
  return requires.map(selection => {
    if (selection.kind === 'field') return selection;
    const typeName = selection.selections.find(
      field => field.kind === 'field' && field.name === '__typename',
    );
    const known = typeName?.kind === 'field' ? typeName.constant : null;
    return known === null ? selection : { ...selection, typeCondition: known };
  });
}

/** In the native planner's `requires`, `name` is the response key to read and `alias` the key to send. */
function requiredSelection(selection: RequiresSelection): RequiredSelection {
  if (selection.kind === 'Field') {
    return {
      kind: 'field',
      name: selection.alias ?? selection.name,
      source: selection.name,
      constant: null,
      selections: selection.selections?.length ? selection.selections.map(requiredSelection) : null,
    };
  }
  if (selection.kind === 'InlineFragment') {
    return {
      kind: 'types',
      typeCondition: selection.typeCondition,
      selections: selection.selections.map(requiredSelection),
    };
  }
  throw new GatewayError('INTERNAL_SERVER_ERROR', {
    message: 'The planner named a fragment in a required selection.',
  });
}

function inputRewrite(native: FetchRewrite): InputRewrite {
  if ('KeyRenamer' in native) {
    return { kind: 'rename', ...keyAndTypes(native.KeyRenamer.path), to: native.KeyRenamer.renameKeyTo };
  }
  const setter = 'ValueSetter' in native ? native.ValueSetter : native;
  return { kind: 'set', ...keyAndTypes(setter.path), value: setter.setValueTo };
}

function keyAndTypes(path: readonly FetchNodePathSegment[]): { typeNames: string[]; keys: string[] } {
  return {
    typeNames: path.flatMap(segment => ('TypenameEquals' in segment ? segment.TypenameEquals : [])),
    keys: path.flatMap(segment => ('Key' in segment ? [segment.Key] : [])),
  };
}
