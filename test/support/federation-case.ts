import { buildSubgraphSchema } from '@apollo/subgraph';
import { type ExecutionResult, type GraphQLSchema, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withFederation } from './compose.ts';
import type { FakeSubgraph } from './fake-subgraph.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

type PlannerName = 'native' | 'apollo';

const PLANNERS: readonly PlannerName[] = ['native', 'apollo'];

export interface ExpectedError {
  readonly code: string;
  /** As the client sees it; null when the error stands nowhere in the answer. */
  readonly path: readonly (string | number)[] | null;
}

export interface FederationCase {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly data: unknown;
  /** Left out: there are none. */
  readonly errors?: readonly ExpectedError[];
  /** Requests that all subgraphs get, where planners differ for each. */
  readonly requests: number | Readonly<Record<PlannerName, number>>;
  /** What comes instead with a planner that cannot do better; the case says why. */
  readonly limits?: Partial<Readonly<Record<PlannerName, Pick<FederationCase, 'data' | 'errors'>>>>;
  /** For operations that are not to be repeated. */
  readonly once?: boolean;
  /** Looks at what the subgraphs were asked, in the order of their names. */
  readonly asked?: (requests: TestGateway<string>['subgraphs']) => void;
}

export type AddCase = (name: string, expected: FederationCase) => void;

/**
 * Declares cases over one set of subgraphs. Each is run with every planner, and twice: the first answer is
 * projected by the interpreter, the second by generated code, and both must be what the case says.
 */
export function federation(
  feature: string,
  subgraphs: Readonly<Record<string, FakeSubgraph>>,
  declare: (add: AddCase) => void,
): void {
  const schemas = new Map(Object.entries(subgraphs).map(([name, fake]) => [name, schemaOf(fake)]));
  describe.each(PLANNERS)(`${feature} (%s)`, planner => {
    let gateway: TestGateway<string>;
    beforeAll(async () => {
      gateway = await startGateway({
        subgraphs,
        config: {
          breakers: { guard: 'declared' },
          execution: { planner },
          operation: { introspection: true },
        },
      });
    });
    afterAll(() => gateway[Symbol.asyncDispose]());
    declare((name, expected) => {
      test(name, async () => {
        for (let round = 0; round < (expected.once ? 1 : 2); round++) {
          for (const fake of Object.values(gateway.subgraphs)) fake.requests.length = 0;
          const answer = await gateway.ask(expected.query, expected.variables);
          assertAnswer(answer, expected.limits?.[planner] ?? expected);
          assertRequestsAreValid(gateway, schemas);
          const { requests } = expected;
          expect(gateway.requestCount()).toBe(typeof requests === 'number' ? requests : requests[planner]);
          expected.asked?.(gateway.subgraphs);
        }
      });
    });
  });
}

function schemaOf({ typeDefs }: FakeSubgraph): GraphQLSchema {
  return buildSubgraphSchema(parse(withFederation(typeDefs)));
}

function assertAnswer(answer: ExecutionResult, expected: Pick<FederationCase, 'data' | 'errors'>): void {
  const errors = (answer.errors ?? []).map(({ extensions, path }) => ({
    code: extensions?.['code'],
    path: path ?? null,
  }));
  expect({ data: answer.data, errors }).toEqual({ data: expected.data, errors: expected.errors ?? [] });
  // Keys come in the order in which the operation selects them (GraphQL spec 7.2.2).
  expect(JSON.stringify(answer.data)).toBe(JSON.stringify(expected.data));
}

/** The fakes execute without validation, so a plan that asks for fields which are not there would go unnoticed. */
function assertRequestsAreValid(
  gateway: TestGateway<string>,
  schemas: ReadonlyMap<string, GraphQLSchema>,
): void {
  for (const [name, { requests }] of Object.entries(gateway.subgraphs)) {
    const schema = schemas.get(name) as GraphQLSchema;
    for (const { query } of requests) {
      const problems = validate(schema, parse(query)).map(({ message }) => `${name}: ${message}\n${query}`);
      expect(problems).toEqual([]);
    }
  }
}
