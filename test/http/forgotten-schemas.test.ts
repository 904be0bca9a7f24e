import { buildSchema, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { BoundOperation } from '../../src/http/bound-operation.ts';
import { FamiliarRequests } from '../../src/http/familiar-requests.ts';
import { noProgress, type RequestContext } from '../../src/http/request-context.ts';
import { bindOperation } from '../../src/operation/bind.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const QUERY = '{ a }';

function bound(schema: GraphQLSchema): BoundOperation {
  const document = parse(QUERY);
  const definition = document.definitions[0] as OperationDefinitionNode;
  const view = { id: '', schema, omitNulls: false };
  return bindOperation({ view, document, definition, documentHash: '', variables: {} }) as BoundOperation;
}

const contextOf = (text: string): RequestContext =>
  ({ text, trace: {}, mediaType: 'application/json', progress: noProgress() }) as unknown as RequestContext;

/** Requests of one audience, whose schema is replaced by hand. */
function open(schema: GraphQLSchema) {
  const state = { schema };
  const familiar = new FamiliarRequests({
    isCurrent: one => one === state.schema,
    bind: ({ context: _, ...input }) =>
      bindOperation({ ...input, view: { id: '', schema: input.schema, omitNulls: false } }),
    authorize: operation => operation,
    look: null,
    admit: operation => ({ operation, admission: null }),
    execute: async () => ({ data: {} }),
    metrics: createMetrics(),
    audit: null,
    maxBytes: 100_000,
  });
  return {
    state,
    learn: (text: string) => familiar.learn(contextOf(text), bound(state.schema)),
    late: (text: string, old: GraphQLSchema) => familiar.learn(contextOf(text), bound(old)),
    isKnown: async (text: string) => (await familiar.serve(contextOf(text))) !== null,
    isDocumentKnown: async () =>
      (await familiar.serveDocument(contextOf('other'), { query: QUERY })) !== null,
  };
}

test('with a new schema all goes that was validated against the one before', async () => {
  const [first, second] = [buildSchema('type Query { a: Int }'), buildSchema('type Query { a: Int b: Int }')];
  const { state, learn, isKnown, isDocumentKnown } = open(first);
  learn('one');
  expect([await isKnown('one'), await isDocumentKnown()]).toEqual([true, true]);
  state.schema = second;
  expect([await isKnown('one'), await isDocumentKnown()]).toEqual([false, false]);
  learn('two');
  expect(await isKnown('two')).toBe(true);
  // Were it there still, it would be served to whoever has that schema.
  state.schema = first;
  expect([await isKnown('one'), await isDocumentKnown()]).toEqual([false, false]);
});

test('a request that began before a new schema came leaves nothing behind, and takes nothing away', async () => {
  const [first, second] = [buildSchema('type Query { a: Int }'), buildSchema('type Query { a: Int b: Int }')];
  const { state, learn, late, isKnown } = open(second);
  learn('new');
  late('old', first);
  expect([await isKnown('new'), await isKnown('old')]).toEqual([true, false]);
  state.schema = first;
  expect(await isKnown('old')).toBe(false);
});
