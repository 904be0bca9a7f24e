import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/config/parse.ts';
import { readManifest } from '../../../src/operation/documents/read-manifest.ts';
import { sha256 } from '../../../src/shared/hash.ts';
import { apollo } from './manifests.ts';

const ME = 'query Me { me { id } }';
const ORDER = 'mutation Order { order { id } }';

/** Id and text of each document. */
function read(text: string): readonly (readonly [string, string])[] {
  return readManifest(text, 'm.json').documents.map(document => [document.id, document.text]);
}

function problemsOf(text: string): readonly string[] {
  try {
    readManifest(text, 'm.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(/^m\.json cannot be used/);
    return (error as ConfigError).problems;
  }
  throw new Error('the manifest was accepted');
}

describe('a manifest is read when it is', () => {
  test("Apollo's, with ids that are hashes or anything else, and what else tools write there", () => {
    const text = apollo(
      { id: sha256(ME), name: 'Me', type: 'query', body: ME },
      { id: 'order/1', name: 'Order', type: 'mutation', body: ORDER, ...{ clientName: null } },
    );
    expect(read(text)).toEqual([
      [sha256(ME), ME],
      ['order/1', ORDER],
    ]);
  });

  test("Relay's map, with ids that are MD5 or that nobody can check", () => {
    const text = JSON.stringify({ '5f4dcc3b5aa765d61d8327deb882cf99': ME, 'pages/Order': ORDER });
    expect(read(text)).toEqual([
      ['5f4dcc3b5aa765d61d8327deb882cf99', ME],
      ['pages/Order', ORDER],
    ]);
  });

  test('a map of hashes, whose spelling does not matter', () => {
    const text = JSON.stringify({ [`sha256:${sha256(ME)}`]: ME, [sha256(ORDER).toUpperCase()]: ORDER });
    expect(read(text).map(([id]) => id)).toEqual([sha256(ME), sha256(ORDER)]);
  });

  test('a map with names that mean something to JavaScript or to the other format', () => {
    const ids = ['__proto__', 'constructor', 'version', 'format'];
    const text = `{ ${ids.map(id => `"${id}": "{ ${id} }"`).join(' , ')} }\n`;
    expect(read(text)).toEqual(ids.map(id => [id, `{ ${id} }`]));
  });

  test.each(['{}', ' { } ', apollo()])('empty: %s', text => {
    expect(read(text)).toEqual([]);
  });

  test('one with texts full of escapes', () => {
    const body = `{ a(s: "\\\\ \\" \\u00e9", t: """\n"{,}":\n""") } # ${'\\"'.repeat(20_000)}`;
    expect(read(JSON.stringify({ a: body, b: ME }))).toEqual([
      ['a', body],
      ['b', ME],
    ]);
  });
});

test('a document that stands there twice is one', () => {
  expect(read(`{ "a": ${JSON.stringify(ME)}, "a": ${JSON.stringify(ME)} }`)).toHaveLength(1);
  expect(read(apollo({ id: 'a', body: ME }, { id: 'a', body: ME }))).toHaveLength(1);
});

test('a manifest and its documents are frozen, and know their file and hash', () => {
  const manifest = readManifest(JSON.stringify({ a: ME }), 'm.json');
  expect(manifest.documents[0]).toEqual({ id: 'a', text: ME, hash: sha256(ME), file: 'm.json' });
  expect(Object.isFrozen(manifest) && Object.isFrozen(manifest.documents)).toBe(true);
  expect(Object.isFrozen(manifest.documents[0])).toBe(true);
});

describe('a manifest is refused, with its file and the place, for', () => {
  const wrongHash = sha256(ORDER);
  test.each([
    ['a wrong hash in a map', JSON.stringify({ [wrongHash]: ME }), [wrongHash, 'SHA-256', sha256(ME)]],
    ["a wrong hash in Apollo's", apollo({ id: wrongHash, body: ME }), [wrongHash, 'SHA-256']],
    ['a wrong hash with a prefix', JSON.stringify({ [`sha256:${wrongHash}`]: ME }), [wrongHash, 'SHA-256']],
    [
      'two documents under one key',
      `{ "a": ${JSON.stringify(ME)}, "a": ${JSON.stringify(ORDER)} }`,
      ['document "a"', 'twice'],
    ],
    [
      'two documents under one id',
      apollo({ id: 'a', body: ME }, { id: 'a', body: ORDER }),
      ['document "a"', 'twice'],
    ],
    ['a key that is also no document', `{ "a": 5, "a": ${JSON.stringify(ME)} }`, ['twice']],
    ['a syntax error', JSON.stringify({ a: '{\n  me {\n' }), ['document "a", line 3, column 1']],
    ['a document that is empty', JSON.stringify({ a: '' }), ['document "a", line 1, column 1']],
    ['fragments alone', JSON.stringify({ a: 'fragment F on T { x }' }), ['document "a": has no operation']],
    ['another name', apollo({ id: 'a', name: 'You', body: ME }), ['document "a"', '"You"']],
    ['another type', apollo({ id: 'a', type: 'mutation', body: ME }), ['document "a"', 'query', 'mutation']],
    ['an empty id', JSON.stringify({ '': ME }), ['document "": ']],
    ['an id that is too long', JSON.stringify({ ['x'.repeat(257)]: ME }), ['256 characters']],
    ['a body that is too long', JSON.stringify({ a: `${ME}${' '.repeat(262_144)}` }), ['262144']],
    ['nesting', JSON.stringify({ a: '{a'.repeat(10_000) }), ['document "a": nests deeper than 500']],
    ['a body that is no text', '{ "a": { "body": 1 } }', ['a: is not the text']],
    ['a list', '[1]', ['neither']],
    ['a text', '"x"', ['neither']],
    [
      'another version',
      '{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}',
      ['version'],
    ],
    ['another format', '{"format":"other","version":1,"operations":[]}', ['format']],
    ['no operations', '{"format":"apollo-persisted-query-manifest","version":1}', ['operations: is missing']],
    ['an operation without a body', apollo({ id: 'a', body: undefined }), ['operations.0.body: is missing']],
    ['an id that is a number', apollo({ id: 1, body: ME }), ['operations.0.id']],
    ['a type that there is not', apollo({ id: 'a', type: 'fragment', body: ME }), ['operations.0.type']],
    ['what is not JSON', '{ "a": "x",\n  }', ['line 2, column 3', 'JSON']],
    ['nothing', '', ['is not JSON']],
    ['its size', `{}${' '.repeat(32 * 1024 ** 2)}`, ['larger than']],
  ])('%s', (_reason, text, expected) => {
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    for (const part of expected) expect(problem).toContain(part);
  });

  test('too many documents', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => [`d${index}`, '{ a }']);
    expect(problemsOf(JSON.stringify(Object.fromEntries(many)))[0]).toContain('10001');
  });
});

test('all problems are told at once, up to a bound, each on a line of its own', () => {
  const broken = Array.from({ length: 50 }, (_, index) => [`d\n${index}`, '{']);
  const problems = problemsOf(JSON.stringify(Object.fromEntries(broken)));
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toContain('30 more');
  expect(problems.filter(problem => problem.includes('\n'))).toEqual([]);
});

test('a hash does not vouch for a text with half a character, which it has in common with others', () => {
  const body = '{ a(s: "\ud800") }';
  expect(sha256(body)).toBe(sha256('{ a(s: "\ufffd") }'));
  expect(problemsOf(JSON.stringify({ [sha256(body)]: body }))[0]).toContain('SHA-256');
});
