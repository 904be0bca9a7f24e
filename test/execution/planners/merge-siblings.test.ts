import { expect, test } from 'vitest';
import { type ExecutionPlan, type FetchPlan, fetchesOf } from '../../../src/execution/plan.ts';
import { mergeSiblings } from '../../../src/execution/planners/mend/merge-siblings.ts';
import { printPlan } from '../../../src/execution/print-plan.ts';

function fetchAt(path: string, selection: string, { subgraph = 's', variables = '' } = {}): FetchPlan {
  const head = variables === '' ? '' : `, ${variables}`;
  return {
    kind: 'fetch',
    subgraph,
    operationKind: 'query',
    operation: `query Q($representations: [_Any!]!${head}) { _entities(representations: $representations) { ... on T { ${selection} } } }`,
    operationName: 'Q',
    variables: [...variables.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? ''),
    target: {
      kind: 'entities',
      groups: [
        {
          alias: '_entities',
          variable: 'representations',
          paths: [[{ kind: 'field', key: path }]],
          requires: [
            {
              kind: 'types',
              typeCondition: 'T',
              selections: [{ kind: 'field', name: 'id', source: 'id', constant: null, selections: null }],
            },
          ],
          outputRewrites: [],
        },
      ],
    },
  };
}

const parallel = (...nodes: ExecutionPlan[]): ExecutionPlan => ({ kind: 'parallel', nodes });
const sequence = (...nodes: ExecutionPlan[]): ExecutionPlan => ({ kind: 'sequence', nodes });

/** As `subgraph group-paths|group-paths`, in plan order. */
function requests(plan: ExecutionPlan): string[] {
  return [...fetchesOf(plan)].map(({ subgraph, target }) => {
    const groups = target.kind === 'entities' ? target.groups : [];
    const paths = groups.map(group =>
      group.paths.map(path => path.map(s => (s.kind === 'field' ? s.key : '@')).join('.')).join('+'),
    );
    return `${subgraph} ${paths.join('|')}`;
  });
}

test('the same question about several places is one group with all their paths', () => {
  expect(requests(mergeSiblings(parallel(fetchAt('a', 'x'), fetchAt('b', 'x'))))).toEqual(['s a+b']);
});

test('different questions are groups of one request, and share the variables of the client', () => {
  const plan = mergeSiblings(
    parallel(
      fetchAt('a', 'x(n: $n)', { variables: '$n: Int!' }),
      fetchAt('b', 'x(n: $n) y(m: $m)', { variables: '$n: Int!, $m: [Int]' }),
    ),
  );
  expect(requests(plan)).toEqual(['s a|b']);
  expect([...fetchesOf(plan)].map(fetch => fetch.variables)).toEqual([['n', 'm']]);
  expect(printPlan(plan)).toContain(
    'query Q($__representations_0: [_Any!]!, $__representations_1: [_Any!]!, $n: Int!, $m: [Int])',
  );
});

test('branches advance in step where steps can be joined, and alone where not', () => {
  const plan = parallel(
    sequence(fetchAt('a', 'x'), fetchAt('a', 'y', { subgraph: 't' })),
    sequence(fetchAt('b', 'x'), fetchAt('b', 'y', { subgraph: 't' })),
    sequence(fetchAt('c', 'x', { subgraph: 'u' }), fetchAt('c', 'y', { subgraph: 'v' })),
  );
  const merged = mergeSiblings(plan);
  expect(requests(merged)).toEqual(['s a+b', 't a+b', 'u c', 'v c']);
  expect(merged).toMatchObject({ kind: 'parallel', nodes: [{ kind: 'sequence' }, { kind: 'sequence' }] });
});

test('steps of one sequence are never joined', () => {
  const plan = sequence(fetchAt('a', 'x'), fetchAt('b', 'x'));
  expect(requests(mergeSiblings(plan))).toEqual(['s a', 's b']);
});

test('what a condition decides stays under it', () => {
  const plan = parallel(fetchAt('a', 'x'), {
    kind: 'condition',
    variable: 'v',
    ifTrue: parallel(fetchAt('b', 'x'), fetchAt('c', 'x')),
    ifFalse: null,
  });
  expect(requests(mergeSiblings(plan))).toEqual(['s a', 's b+c']);
});
