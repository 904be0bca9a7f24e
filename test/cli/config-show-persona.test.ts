import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FinishedCli, runCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function show(persona: string, config?: string): Promise<FinishedCli> {
  await using folder = await temporaryFolder(config === undefined ? {} : { 'gateway.yaml': config });
  const place = config === undefined ? {} : { cwd: folder.path };
  return await runCli(['config', 'show', '--persona', persona], place);
}

test('weir config show --persona prints one persona with all that it inherits', async () => {
  const { stdout, code } = await show('mobile');
  expect(code).toBe(0);
  expect(parse(stdout)).toEqual({
    mobile: {
      match: {
        claims: {},
        clients: [
          { name: 'shop-ios*', version: '*' },
          { name: 'shop-android*', version: '*' },
        ],
        default: false,
      },
      requires: { authenticated: false, roles: [], scopes: [] },
      cache: { maxAge: 1, disabled: false },
      contract: { includeTags: ['mobile'], excludeTags: ['internal'] },
      documents: { mode: 'ids-only', manifests: ['documents/mobile.json'], apq: false },
      introspection: false,
      explain: false,
      limits: { depth: 8, aliases: 10, rootFields: 5, directives: 10, tokens: 1000 },
      cost: expect.objectContaining({ show: false }),
      deadline: '3s',
      priority: 70,
      response: { omitNulls: true, maxAge: '1h' },
      audit: false,
    },
  });
});

const CONFIG = 'personas: { default: { priority: 1 }, mobile: {}, all: { match: { default: true } } }';

test.each([
  ['mobil', CONFIG, 'there is no persona "mobil"; did you mean "mobile"?'],
  ['somebody', CONFIG, 'there is no persona "somebody"; there are mobile, all'],
  ['default', CONFIG, 'the persona "default" serves nobody; others inherit from it'],
  ['mobile', 'server: {}', 'the configuration has no personas'],
])('weir config show --persona %s with %s says why there is none', async (persona, config, reason) => {
  expect(await show(persona, config)).toEqual({ code: 1, stdout: '', stderr: `weir: ${reason}\n` });
});
