import { type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { resolvePersonas } from '../../src/config/resolve-personas.ts';
import { openDeadlines } from '../../src/gateway/deadlines.ts';
import { createDocumentSet } from '../../src/operation/documents/document-set.ts';
import { readManifest } from '../../src/operation/documents/read-manifest.ts';
import { sha256 } from '../../src/shared/hash.ts';

type Manifest = Readonly<Record<string, string>>;

/** What requests that came at 1,000 have until, by persona and document; and what was warned of. */
function deadlines(
  said: Readonly<Record<string, string>>,
  personas: NonNullable<GatewayConfigInput['personas']>,
  manifests: Readonly<Record<string, Manifest>> = {},
) {
  const execution = { deadline: '10s', deadlines: said };
  const config = parseConfig(gatewayConfig, { execution, personas }, 'test');
  const resolved = resolvePersonas(config);
  const setOf = (name: string | null) => {
    const manifest = manifests[name ?? ''];
    return createDocumentSet(
      manifest === undefined ? [] : [readManifest(JSON.stringify(manifest), 'm.json')],
    );
  };
  const documents = new Map(resolved.map(persona => [persona, { registered: setOf(persona.name) }]));
  const warnings: string[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: (_: object, text: string) => void warnings.push(text),
    error: ignore,
  };
  const deadlineOf = openDeadlines(documents, { config, logger });
  return {
    warnings,
    of(name: string | null, text: string): number {
      const persona = resolved.find(known => known.name === name) ?? expect.fail();
      const definition = parse(text).definitions[0] as OperationDefinitionNode;
      return deadlineOf({ persona, receivedAt: 1_000 }, { definition, documentHash: sha256(text) });
    },
  };
}

test('an operation of the name has the time that is said of it, and others have that of the persona', () => {
  const { of } = deadlines({ Search: '2s' }, { web: { deadline: '5s' }, other: {} });
  expect([of('web', 'query Search { a }'), of('other', 'query Search { b }')]).toEqual([3_000, 3_000]);
  expect([of('web', 'query Other { a }'), of('web', '{ a }'), of('other', '{ a }')]).toEqual([
    6_000, 6_000, 11_000,
  ]);
});

test('without personas, and without a word about operations, there is the one deadline', () => {
  expect(deadlines({ Search: '2s' }, {}).of(null, 'query Search { a }')).toBe(3_000);
  expect(deadlines({}, { web: { deadline: '5s' } }).of('web', 'query Search { a }')).toBe(6_000);
});

test('no deadline of an operation is later than that of the persona', () => {
  expect(deadlines({ Search: '8s' }, { web: { deadline: '5s' } }).of('web', 'query Search { a }')).toBe(
    6_000,
  );
});

test('a registered document has the time that is said of its id, however it is sent, for personas that have it', () => {
  const text = 'query Search { a }';
  const { of } = deadlines({ 'search-1': '2s' }, { web: {}, other: {} }, { web: { 'search-1': text } });
  expect([of('web', text), of('web', 'query Search { b }'), of('other', text)]).toEqual([
    3_000, 11_000, 11_000,
  ]);
});

test('an id may be the hash of a document, with its prefix too', () => {
  const text = 'query Search { a }';
  const hash = sha256(text);
  for (const key of [hash, `sha256:${hash}`])
    expect(deadlines({ [key]: '2s' }, { web: {} }, { web: { one: text } }).of('web', text)).toBe(3_000);
});

test('of several deadlines of one operation the soonest holds', () => {
  const text = 'query Search { a }';
  const times: Record<string, string>[] = [
    { one: '2s', two: '3s', Search: '4s' },
    { one: '3s', two: '2s', Search: '4s' },
    { two: '4s', one: '3s', Search: '2s' },
  ];
  for (const said of times)
    expect(deadlines(said, { web: {} }, { web: { one: text, two: text } }).of('web', text)).toBe(3_000);
});

test('where all that may be run is registered, names and ids that are nowhere are warned of', () => {
  const closed = { documents: { mode: 'ids-only' as const, manifests: ['m.json'] } };
  const said = { Search: '2s', one: '2s', Serach: '2s', 'no-id': '2s' };
  const manifests = { web: { one: 'query Search { a }' }, other: { two: 'query Other { a }' } };
  const { warnings } = deadlines(said, { web: closed, other: closed }, manifests);
  expect(warnings).toEqual([
    expect.stringMatching(/deadlines\.Serach: .*"Search"/),
    expect.stringMatching(/deadlines\.no-id: /),
  ]);
  expect(deadlines(said, { web: closed, free: {} }, manifests).warnings).toEqual([]);
});
