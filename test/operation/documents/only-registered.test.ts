import { type DocumentNode, parse, print, visit } from 'graphql';
import { expect, test } from 'vitest';
import {
  compileDocumentRules,
  type DocumentMode,
  type DocumentRules,
} from '../../../src/operation/documents/resolve-document.ts';
import { createRandom, integer, pick, type Random } from '../../../subgraphs/shared/random.ts';
import { setOf } from './manifests.ts';

const TEXTS = [
  'query Me { me { id name } }',
  'query User($id: ID!) { user(id: $id, first: 10) { id ...Name @include(if: true) } }\nfragment Name on User { name }',
  'mutation Note { note(text: "a # not, a comment", block: """\n  deep\n    er\n""") { id } }',
  '{ a(x: -1.5e3, list: [1, 2, [3]], object: {k: "v", e: RED}) { b: c } }',
  'query A { ab } query B { a b }',
];
const set = setOf(Object.fromEntries(TEXTS.map((text, index) => [`d${index}`, text])));

type Mutation = (text: string, random: Random) => string;

const IGNORED = [' ', '\n', '\t', '\r\n', ',', '\ufeff', '#x\n', '# "quoted" {\n', '  ,,  '];

/** A place where two tokens meet: outside of strings, which hold the only quotes. */
function gaps(text: string): readonly number[] {
  const places: number[] = [];
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '"') isText = !isText;
    if (!isText && /[{}():,\s[\]]/.test(text[index] ?? '')) places.push(index);
  }
  return places;
}

const relayout: Mutation = (text, random) => {
  const places = gaps(text);
  let changed = text;
  // From the end, so that nothing lands in a comment that has just been put in.
  for (const at of places.toReversed()) {
    if (random() < 0.2) changed = `${changed.slice(0, at)}${pick(random, IGNORED)}${changed.slice(at)}`;
  }
  return changed;
};

const ANYWHERE = [
  ...IGNORED,
  '...',
  '{',
  '}',
  '"',
  '"""',
  '\\',
  '@skip(if: true)',
  'x',
  '1',
  'x:',
  '__typename',
  '\u0000',
];

const insert: Mutation = (text, random) => {
  const at = integer(random, 0, text.length);
  return `${text.slice(0, at)}${pick(random, ANYWHERE)}${text.slice(at)}`;
};

const cut: Mutation = (text, random) => {
  const at = integer(random, 0, text.length - 1);
  return text.slice(0, at) + text.slice(at + integer(random, 1, 4));
};

const splice: Mutation = (text, random) => `${text} ${pick(random, TEXTS)}`;

const alias: Mutation = (text, random) => {
  const chosen = integer(random, 0, 3);
  let count = 0;
  const changed = visit(parse(text), {
    Field: node =>
      count++ === chosen
        ? { ...node, alias: { kind: node.name.kind, value: node.alias ? 'other' : 'renamed' } }
        : undefined,
  });
  return print(changed as DocumentNode);
};

function meaningOf(text: string): string | null {
  try {
    return print(parse(text));
  } catch {
    return null;
  }
}

function rulesOf(mode: DocumentMode): DocumentRules {
  const clock = { now: () => 0, elapsed: () => 0 };
  return compileDocumentRules({ mode, set, apq: null, onUnknown: () => {}, clock });
}

/** What is run for a text that comes without an id, or with one. */
function runFor(rules: DocumentRules, text: string, id: string | null = null): string | null {
  try {
    return rules.resolve({ text, id, isApq: false, name: null }).text;
  } catch {
    return null;
  }
}

const safelist = rulesOf('safelist');
const idsOnly = rulesOf('ids-only');

test('a registered document in any layout is run as it is registered', () => {
  const random = createRandom(7);
  for (let round = 0; round < 1_000; round++) {
    const original = pick(random, TEXTS);
    const text = relayout(original, random);
    expect(runFor(safelist, text), text).toBe(original);
  }
});

test('whatever is sent, only registered texts are run, and only for texts that mean the same', () => {
  const random = createRandom(11);
  const mutations = [relayout, insert, cut, splice, alias];
  const counts = { run: 0, refused: 0 };
  for (let round = 0; round < 6_000; round++) {
    const original = pick(random, TEXTS);
    let text = original;
    for (let step = integer(random, 1, 3); step > 0; step--) {
      const mutate = pick(random, mutations);
      if (text.length > 5 && (mutate !== alias || meaningOf(text) !== null)) text = mutate(text, random);
    }
    const run = runFor(safelist, text);
    const meaning = meaningOf(text);
    counts[run === null ? 'refused' : 'run']++;
    if (run !== null) {
      expect(TEXTS).toContain(run);
      expect(meaning, text).toBe(meaningOf(run));
    }
    expect(runFor(idsOnly, text)).toBeNull();
    const byId = runFor(idsOnly, text, `d${TEXTS.indexOf(original)}`);
    expect(byId === null || (byId === original && meaning === meaningOf(original)), text).toBe(true);
  }
  // Both must happen often, or the test looks at nothing.
  expect(Math.min(counts.run, counts.refused)).toBeGreaterThan(500);
});
