import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../../src/config/parse.ts';
import { loadRules, type RuleSet } from '../../../../src/policy/authorize/rules/load-rules.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder.ts';
import { ALLOW, DENY, schema, startRequest } from './ask-rules.ts';

const IMPORT = `import { allow, and, chain, deny, not, or, race, rule, shield } from 'graphql-shield';\n`;
const folders: TemporaryFolder[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

/** Loads `rules.ts` (or the named file) from a folder that has no packages anywhere near. */
async function load(files: string | Readonly<Record<string, string>>, name = 'rules.ts'): Promise<RuleSet> {
  const folder = await temporaryFolder(typeof files === 'string' ? { [name]: IMPORT + files } : files);
  folders.push(folder);
  return loadRules(`${folder.path}/${name}`, schema);
}

async function problemsOf(source: string): Promise<readonly string[]> {
  const error = await load(source).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError: ${String(error)}`);
  expect(error.message).toContain('rules.ts');
  return error.problems;
}

async function verdicts(rules: RuleSet): Promise<Record<string, string>> {
  const { ask } = startRequest();
  const all = [...rules.fields].map(async ([name, plan]) => [name, (await ask(plan)).kind] as const);
  return Object.fromEntries(await Promise.all(all));
}

describe('a module', () => {
  test('may be TypeScript, with types, enums and files beside it', async () => {
    const rules = await load({
      'rules.ts': `
        import { rule, type IRules } from 'graphql-shield';
        import type { Shape } from './shapes';
        import { isMember } from './lib/member';
        import { NAME } from './lib/name.ts';
        enum Level { Low, High }
        const level: Level = Level.High;
        export const permissions = { Query: { me: isMember, users: rule(NAME)((): boolean => level === Level.Low) } } satisfies Shape as IRules;
      `,
      'shapes.ts': 'export type Shape = Record<string, unknown>;',
      'lib/member.ts': `import { rule } from 'graphql-shield'; export const isMember = rule()(() => true);`,
      'lib/name.ts': `export const NAME = 'never' as const;`,
    });
    expect(await verdicts(rules)).toEqual({ 'Query.me': 'allow', 'Query.users': 'deny' });
  });

  test.each([
    [
      'rules.mjs',
      `import { deny } from 'graphql-shield'; await null; export const permissions = { Query: { me: deny } };`,
    ],
    [
      'rules.cjs',
      `const { deny } = require('graphql-shield'); exports.permissions = { Query: { me: deny } };`,
    ],
    ['rules.js', `import { deny } from 'graphql-shield'; export default { Query: { me: deny } };`],
    [
      'rules.cts',
      `import { deny } from 'graphql-shield'; module.exports = { permissions: { Query: { me: deny } } };`,
    ],
  ])('may be %s', async (name, text) => {
    expect(await verdicts(await load({ [name]: text }, name))).toEqual({ 'Query.me': 'deny' });
  });

  test('that exports nothing but a rule in the CommonJS way applies it to everything', async () => {
    const rules = await load(
      { 'rules.cjs': `module.exports = require('graphql-shield').deny;` },
      'rules.cjs',
    );
    expect(rules.fields.get('Order.total')?.kind).toBe('deny');
  });

  test('is read afresh at each load, with what it imports', async () => {
    const folder = await temporaryFolder({
      'rules.ts': `import { answer } from './answer'; import { rule } from 'graphql-shield'; export const permissions = { Query: { me: rule()(() => answer) } };`,
      'answer.ts': 'export const answer = true;',
    });
    folders.push(folder);
    const file = `${folder.path}/rules.ts`;
    expect(await verdicts(await loadRules(file, schema))).toEqual({ 'Query.me': 'allow' });
    await folder.write('answer.ts', 'export const answer = false;');
    expect(await verdicts(await loadRules(file, schema))).toEqual({ 'Query.me': 'deny' });
  });

  test('shares the files it imports within one load', async () => {
    const rules = await load({
      'rules.ts': `import { one } from './one'; import { two } from './two'; export const permissions = { Query: { me: one, users: two } };`,
      'one.ts': `import { shared } from './shared'; export const one = shared;`,
      'two.ts': `import { shared } from './shared'; export const two = shared;`,
      'shared.ts': `import { rule } from 'graphql-shield'; export const shared = rule()(() => true);`,
    });
    expect(rules.fields.get('Query.me')).toBe(rules.fields.get('Query.users'));
  });

  test('as the documentation shows it loads', async () => {
    const page = readFileSync(new URL('../../../../docs/authorization.md', import.meta.url), 'utf8');
    const example = /^```ts\n(import [\s\S]*?)^```/m.exec(page)?.[1] ?? '';
    const rules = await load({ 'rules.ts': example });
    expect(await verdicts(rules)).toMatchObject({
      'Query.users': 'deny',
      'User.email': 'needs-parent',
      'User.id': 'allow',
    });
    expect([...rules.policies.keys()]).toEqual(['can-refund']);
  });

  test.each([
    ['is not there', {}, /policy\.authorization\.rules\) cannot be used: there is no such file/],
    ['has a mistake in its syntax', { 'rules.ts': 'export const = 1;' }, /rules\.ts:1/],
    ['throws', { 'rules.ts': `throw new Error('no database');` }, /no database/],
    ['imports what is not there', { 'rules.ts': `import './gone';` }, /gone/],
  ])('that %s is one clear error', async (_, files, reason) => {
    await expect(load(files)).rejects.toThrow(ConfigError);
    await expect(load(files)).rejects.toThrow(reason);
  });
});

describe('a tree', () => {
  test('that is one rule holds for all fields of object types', async () => {
    const rules = await load('export const permissions = deny;');
    expect([...rules.fields.keys()]).toEqual(
      expect.arrayContaining(['Query.me', 'Mutation.rename', 'Order.total']),
    );
    expect([...rules.fields.keys()].filter(name => /^(__|Node|Found|Paging)/.test(name))).toEqual([]);
  });

  test('takes the nearest rule: field, then wildcard, then fallback', async () => {
    const rules = await load(`
      export const permissions = { Query: { me: allow, '*': deny }, Order: deny, User: { email: deny } };
      export const options = { fallbackRule: rule()(() => true) };
    `);
    expect(await verdicts(rules)).toEqual({
      'Query.me': 'allow',
      'Query.users': 'deny',
      'Query.node': 'deny',
      'Mutation.rename': 'allow',
      'User.id': 'allow',
      'User.email': 'deny',
      'User.friends': 'allow',
      'Order.id': 'deny',
      'Order.total': 'deny',
    });
  });

  test('names unknown types and fields, and what is near', async () => {
    expect(await problemsOf('export const permissions = { Usr: deny, User: { emial: deny } };')).toEqual([
      'permissions.Usr: there is no such type; did you mean "User"?',
      'permissions.User.emial: User has no such field; did you mean "email"?',
    ]);
  });

  test.each([
    ['Node: deny', /object types; write them for User/],
    ['Found: deny', /object types; write them for User, Order/],
    ['Paging: deny', /only object types/],
    ['__Schema: deny', /only object types/],
    [`'*': deny`, /fallbackRule/],
    ['User: undefined', /permissions\.User: undefined/],
    ['User: { email: () => true }', /permissions\.User\.email: a function is no rule/],
    ['User: { email: { deeper: deny } }', /permissions\.User\.email: an object is no rule/],
    ['User: and(allow, undefined)', /permissions\.User: and\(\) member 2: undefined/],
    ['User: and()', /and\(\) without rules/],
    [`User: rule({ cache: 'context' })(() => true)`, /cache "context" is unknown/],
    ['User: rule()(undefined)', /no function/],
  ])('with { %s } is refused', async (entry, reason) => {
    expect(await problemsOf(`export const permissions = { ${entry} };`)).toEqual([
      expect.stringMatching(reason),
    ]);
  });

  test('that was given to shield() already is refused with what to export', async () => {
    const [problem] = await problemsOf('export const permissions = shield({ Query: deny });');
    expect(problem).toMatch(/export the tree that shield\(\) was given/);
  });

  test('with a rule that contains itself is refused', async () => {
    const source = 'const r = or(allow); r.rules.push(r); export const permissions = { Query: r };';
    expect(await problemsOf(source)).toEqual([expect.stringMatching(/contains itself/)]);
  });

  test('with two rules of one name is fine: answers are kept by rule, not by name', async () => {
    const rules = await load(`
      export const permissions = { Query: {
        me: rule('same', { cache: 'contextual' })(() => true),
        users: rule('same', { cache: 'contextual' })(() => false),
      } };
    `);
    expect(await verdicts(rules)).toEqual({ 'Query.me': 'allow', 'Query.users': 'deny' });
  });
});

describe('what is known of a rule', () => {
  test('a rule is contextual if all its leaves are', async () => {
    const rules = await load(`
      const once = rule({ cache: 'contextual' })(() => true);
      const often = rule()(() => true);
      export const policies = { once, both: and(once, not(once), allow), mixed: or(once, often), often };
    `);
    const contextual = [...rules.policies].filter(([, plan]) => plan.isContextual).map(([name]) => name);
    expect(contextual).toEqual(['once', 'both']);
  });

  test('its name is where it stands if it has none', async () => {
    const rules = await load(`export const permissions = { Query: { me: rule()(() => { throw 1; }) } };`);
    const request = startRequest();
    await request.ask(rules.fields.get('Query.me')!);
    expect(request.failures).toMatchObject([{ rule: 'permissions.Query.me' }]);
  });

  test('its fragments are those of all its leaves, in either notation', async () => {
    const rules = await load(`
      const a = rule({ fragment: 'fragment A on User { id }' })(() => true);
      const b = rule({ fragment: '... on Node { id }' })(() => true);
      export const permissions = { User: { email: or(a, not(and(b, a))) } };
    `);
    const fragments = rules.fields.get('User.email')?.fragments ?? [];
    expect(fragments.map(({ typeCondition }) => typeCondition.name.value)).toEqual(['User', 'Node']);
  });

  test.each([
    ['fragment A on User { nmae }', /Cannot query field "nmae"/],
    ['fragment A on User { id', /Syntax Error/],
    ['{ id }', /one fragment/],
    ['fragment A on User { id } fragment B on User { id }', /one fragment/],
    ['fragment A on User { me: id }', /alias/],
    ['fragment A on User { friends(first: $n) { id } }', /\$n/],
    ['fragment A on User { id @include(if: true) }', /@include/],
    ['fragment A on User { ...B }', /Unknown fragment/],
    ['fragment A on Order { id }', /is on Order, which User is not/],
  ])('the fragment "%s" is refused', async (fragment, reason) => {
    const source = `export const permissions = { User: { email: rule({ fragment: '${fragment}' })(() => true) } };`;
    expect(await problemsOf(source)).toEqual([expect.stringMatching(reason)]);
  });

  test('a contextual rule with a fragment is refused', async () => {
    const made = `rule({ cache: 'contextual', fragment: '... on User { id }' })(() => true)`;
    expect(await problemsOf(`export const policies = { a: ${made} };`)).toEqual([
      expect.stringMatching(/policies\.a: .*contextual/),
    ]);
  });
});

describe('beside the tree', () => {
  test('policies have names', async () => {
    const { policies } = await load(
      `export const policies = { 'read:all': deny, other: rule()(() => true) };`,
    );
    const { ask } = startRequest();
    expect(await ask(policies.get('read:all')!)).toEqual(DENY);
    expect(await ask(policies.get('other')!)).toEqual(ALLOW);
    expect(policies.get('constructor')).toBeUndefined();
  });

  test('options say what is shown', async () => {
    const rules = await load(
      `export const permissions = allow; export const options = { fallbackError: new Error('no'), debug: true };`,
    );
    expect(rules).toMatchObject({ deniedMessage: 'no', showFailures: true });
    expect(await load('export const permissions = allow;')).toMatchObject({
      deniedMessage: 'Not Authorised!',
      showFailures: false,
    });
  });

  test.each([
    ['options = { fallbackRules: deny }', /did you mean "fallbackRule"/],
    ['options = { allowExternalErrors: true }', /no meaning in a gateway/],
    ['options = { constructor: true }', /no such option/],
    ['options = { fallbackError: () => null }', /a text or an Error/],
    [`options = { debug: 'yes' }`, /true or false/],
    ['options = { fallbackRule: true }', /options\.fallbackRule: a boolean is no rule/],
    ['options = 3', /write an object/],
    ['policies = { a: true }', /policies\.a: a boolean is no rule/],
    ['polices = { a: allow }', /did you mean "policies"/],
  ])('%s is refused', async (text, reason) => {
    const problems = await problemsOf(`export const permissions = allow; export const ${text};`);
    expect(problems).toEqual([expect.stringMatching(reason)]);
  });

  test('helpers may be exported, but not helpers alone', async () => {
    expect((await load('export const isOwner = deny; export const permissions = isOwner;')).fields.size).toBe(
      9,
    );
    expect(await problemsOf('export const isOwner = deny;')).toEqual([
      expect.stringMatching(/nothing is exported/),
    ]);
  });

  test('two different trees are one too many', async () => {
    const [problem] = await problemsOf('export const permissions = deny; export default allow;');
    expect(problem).toMatch(/keep one/);
    const both = await load('export const permissions = deny; export default permissions;');
    expect(both.fields.get('Query.me')?.kind).toBe('deny');
  });
});
