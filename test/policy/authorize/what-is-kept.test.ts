import { buildSchema, parse } from 'graphql';
import { expect, test } from 'vitest';
import { ANONYMOUS } from '../../../src/identity/caller.ts';
import { bindOperation } from '../../../src/operation/bind.ts';
import { createAuthorize } from '../../../src/policy/authorize/authorize.ts';

const schema = buildSchema('type Query { word: String }');

/** Counts how often operations are looked through for guarded fields. */
function startAuthorize(maxBytes: number) {
  const seen = { fields: 0 };
  const authorize = createAuthorize({
    mode: 'filter',
    guardOf() {
      seen.fields++;
      return { requirements: [{ authenticated: true, scopes: [], policies: [] }], rules: new Map() };
    },
    policies: new Map(),
    deniedMessage: null,
    showFailures: false,
    maxBytes,
    onRuleFailure() {},
    onDenied() {},
  });
  const ask = async (text: string) => {
    const document = parse(text);
    const [definition] = document.definitions;
    if (definition?.kind !== 'OperationDefinition') throw new TypeError('no operation');
    const view = { id: '', schema, omitNulls: false };
    const bound = bindOperation({ view, document, definition, documentHash: text, variables: {} });
    if ('length' in bound) throw new TypeError('variables do not fit');
    return authorize(bound, { caller: ANONYMOUS, headers: {}, requestId: '1' });
  };
  return { seen, ask };
}

const small = (index: number): string => `{ a${index}: word }`;
const large = (index: number): string => `{ a${index}: word } # ${'-'.repeat(400)}`;

test('as many operations are remembered as there is memory for, and fewer large ones', async () => {
  const { seen, ask } = startAuthorize(50_000);
  for (let time = 0; time < 2; time++) for (let index = 0; index < 10; index++) await ask(small(index));
  expect(seen.fields).toBe(10);
  for (let time = 0; time < 2; time++) for (let index = 0; index < 3; index++) await ask(large(index));
  // Three of them are more than there is room for, so each pushes out the next.
  expect(seen.fields).toBe(16);
});

test('what is denied is the same, remembered or not', async () => {
  const { ask } = startAuthorize(10_000);
  for (const text of [small(1), small(1), large(1), large(1), small(1)]) {
    expect((await ask(text)).denial?.removed.size).toBe(1);
  }
});
