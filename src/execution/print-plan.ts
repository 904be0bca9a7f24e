import { parse, print } from 'graphql';
import type { ExecutionPlan, FetchPlan, RequiredSelection, ResponsePath, Rewrite } from './plan.ts';

/** A plan as a tree for people: one node a line, what a fetch sends indented below it. */
export function printPlan(plan: ExecutionPlan | null): string {
  if (plan === null) return 'nothing to fetch\n';
  return `${linesOf(plan).join('\n')}\n`;
}

function linesOf(plan: ExecutionPlan): string[] {
  switch (plan.kind) {
    case 'fetch':
      return fetchLines(plan);
    case 'condition':
      return [
        ...(plan.ifTrue === null ? [] : [`if $${plan.variable}`, ...indent(linesOf(plan.ifTrue))]),
        ...(plan.ifFalse === null ? [] : [`unless $${plan.variable}`, ...indent(linesOf(plan.ifFalse))]),
      ];
    default:
      return [plan.kind, ...indent(plan.nodes.flatMap(linesOf))];
  }
}

function fetchLines({ subgraph, operationKind, operation, target }: FetchPlan): string[] {
  const text = indent(print(parse(operation, { noLocation: true })).split('\n'));
  if (target.kind === 'root') {
    const at = target.path.length === 0 ? '' : ` at ${printPath(target.path)}`;
    const rewrites = target.outputRewrites.map(printRewrite);
    return [`fetch ${subgraph} (${operationKind})${at}`, ...indent(rewrites), ...text];
  }
  const groups = target.groups.flatMap(group => [
    `entities ${group.alias} at ${group.paths.map(printPath).join(' and ')}`,
    `  $${group.variable} from ${printRequired(group.requires)}`,
    ...indent(group.outputRewrites.map(printRewrite)),
  ]);
  return [`fetch ${subgraph} (entities)`, ...indent(groups), ...text];
}

function printPath(path: ResponsePath): string {
  const segments = path.map(segment => {
    if (segment.kind === 'field') return `.${segment.key}`;
    return segment.kind === 'list' ? '[]' : `<${segment.names.join('|')}>`;
  });
  return segments.join('').replace(/^\./, '') || '.';
}

/** Where key and source differ the client's alias stands in the response: `name<source`. */
function printRequired(selections: readonly RequiredSelection[]): string {
  const parts = selections.map(selection => {
    if (selection.kind === 'types')
      return `... ${selection.typeCondition} ${printRequired(selection.selections)}`;
    const { name, source, constant } = selection;
    if (constant !== null) return `${name}="${constant}"`;
    const key = name === source ? name : `${name}<${source}`;
    return selection.selections === null ? key : `${key} ${printRequired(selection.selections)}`;
  });
  return `{ ${parts.join(' ')} }`;
}

function printRewrite(rewrite: Rewrite): string {
  const path = printPath(rewrite.path);
  return rewrite.kind === 'set' ? `set ${path} = "${rewrite.value}"` : `rename ${path} to ${rewrite.to}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}
