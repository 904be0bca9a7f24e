import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { GatewayError } from '../../../errors.ts';
import type {
  ExecutionPlan,
  FetchPlan,
  PathSegment,
  RequiredSelection,
  ResponsePath,
  Rewrite,
} from '../../plan.ts';
import { applyInputRewrites, type InputRewrite } from '../mend/input-rewrites.ts';
import type { TypeRelations } from '../subtypes.ts';

/** Apollo's plan in our representation. @throws GatewayError for steps that no executor here runs. */
export function translateApolloPlan(node: PlanNode, types: TypeRelations): ExecutionPlan {
  return new ApolloTranslation(types).node(node, []);
}

type RequiredFragment = Extract<RequiredSelection, { readonly kind: 'types' }>;

const FRAGMENT_PREFIX = '... on ';

class ApolloTranslation {
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
        return this.node(node.node, [...path, ...node.path.map(pathSegment)]);
      case 'Condition':
        return {
          kind: 'condition',
          variable: node.condition,
          ifTrue: node.ifClause === undefined ? null : this.node(node.ifClause, path),
          ifFalse: node.elseClause === undefined ? null : this.node(node.elseClause, path),
        };
      case 'Fetch':
        return this.#fetch(node, path);
      case 'Defer':
        throw unsupported('@defer');
    }
  }

  #fetch(node: FetchNode, path: ResponsePath): FetchPlan {
    if (node.contextRewrites !== undefined && node.contextRewrites.length > 0)
      throw unsupported('@fromContext');
    const common = {
      kind: 'fetch',
      subgraph: node.serviceName,
      operationKind: node.operationKind === 'mutation' ? 'mutation' : 'query',
      operation: node.operation,
      operationName: node.operationName ?? null,
      variables: node.variableUsages ?? [],
    } as const;
    const outputRewrites = (node.outputRewrites ?? []).map(change => this.#rewrite(change));
    if (node.requires === undefined || node.requires.length === 0)
      return { ...common, target: { kind: 'root', path, outputRewrites } };
    const requires = applyInputRewrites(
      this.#mergeFragments(node.requires.map(requiredSelection)),
      (node.inputRewrites ?? []).map(inputRewrite),
      this.#types.isSubtype,
    ).filter(firstOnItsType());
    const group = {
      alias: '_entities',
      variable: 'representations',
      paths: [path],
      requires,
      outputRewrites,
    };
    return { ...common, target: { kind: 'entities', groups: [group] } };
  }

  /**
   * Apollo's executor takes everything from every fragment that fits an object, ours the first that fits. So
   * a fragment gets what the fragments on its supertypes have, and comes before them.
   */
  #mergeFragments(selections: readonly RequiredSelection[]): readonly RequiredSelection[] {
    const fragments = selections.flatMap(selection => this.#unnested(selection));
    const conditions = [...new Set(fragments.map(({ typeCondition }) => typeCondition))];
    const width = (condition: string): number =>
      conditions.filter(of => this.#types.isSubtype(of, condition)).length;
    return conditions
      .sort((left, right) => width(left) - width(right))
      .map(condition => ({
        kind: 'types',
        typeCondition: condition,
        selections: fragments
          .filter(({ typeCondition }) => this.#types.isSubtype(condition, typeCondition))
          .flatMap(({ selections: fields }) => fields)
          .filter(unlessRepeated()),
      }));
  }

  /** A fragment, and the fragments in it on their own, as rewrites look no deeper than the first. */
  #unnested(selection: RequiredSelection): RequiredFragment[] {
    if (selection.kind === 'field') return [];
    const { typeCondition, selections } = selection;
    const own = selections.filter(({ kind }) => kind === 'field');
    const nested = selections
      .flatMap(inner => this.#unnested(inner))
      .map(inner => ({
        ...inner,
        typeCondition: this.#types.isSubtype(typeCondition, inner.typeCondition)
          ? typeCondition
          : inner.typeCondition,
      }));
    return own.length === 0 ? nested : [{ ...selection, selections: own }, ...nested];
  }

  #rewrite(change: FetchDataRewrite): Rewrite {
    const path = change.path.map((element): PathSegment => {
      if (!element.startsWith(FRAGMENT_PREFIX)) return { kind: 'field', key: element };
      return { kind: 'types', names: this.#types.namesUnder(element.slice(FRAGMENT_PREFIX.length)) };
    });
    return change.kind === 'KeyRenamer'
      ? { kind: 'rename', path, to: change.renameKeyTo }
      : { kind: 'set', path, value: String(change.setValueTo) };
  }
}

/** Keys that several fetches need are named once for each. */
function unlessRepeated(): (selection: RequiredSelection) => boolean {
  const seen = new Set<string>();
  return selection => {
    const text = JSON.stringify(selection);
    return !seen.has(text) && seen.add(text).size > 0;
  };
}

/** Rewrites leave fragments behind that no object reaches. */
function firstOnItsType(): (selection: RequiredSelection) => boolean {
  const seen = new Set<string>();
  return selection =>
    selection.kind === 'field' ||
    (!seen.has(selection.typeCondition) && seen.add(selection.typeCondition).size > 0);
}

function pathSegment(element: string | number): PathSegment {
  return element === '@' ? { kind: 'list' } : { kind: 'field', key: String(element) };
}

/** Apollo sends a field under the response name that it reads: renaming is left to input rewrites. */
function requiredSelection(selection: QueryPlanSelectionNode): RequiredSelection {
  if (selection.kind === 'Field') {
    const key = selection.alias ?? selection.name;
    const selections = selection.selections?.length ? selection.selections.map(requiredSelection) : null;
    return { kind: 'field', name: key, source: key, constant: null, selections };
  }
  return {
    kind: 'types',
    typeCondition: selection.typeCondition ?? '',
    selections: selection.selections.map(requiredSelection),
  };
}

function inputRewrite(change: FetchDataRewrite): InputRewrite {
  const fragments = change.path.filter(element => element.startsWith(FRAGMENT_PREFIX));
  const place = {
    typeNames: fragments.map(element => element.slice(FRAGMENT_PREFIX.length)),
    keys: change.path.filter(element => !element.startsWith(FRAGMENT_PREFIX)),
  };
  return change.kind === 'KeyRenamer'
    ? { kind: 'rename', ...place, to: change.renameKeyTo }
    : { kind: 'set', ...place, value: String(change.setValueTo) };
}

function unsupported(feature: string): GatewayError {
  return new GatewayError('UNSUPPORTED_OPERATION', {
    message: `Operations that need ${feature} are not supported.`,
  });
}
