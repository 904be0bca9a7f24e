import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY, startCli } from '../support/start-cli.ts';
import { startExample } from '../support/start-example.ts';
import { graphqlRequest } from '../support/start-gateway.ts';

const readme = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');

test('the README is short', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(200);
});

test('every npm script that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(start|test|weir|docs)\b/g)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(scripts).toHaveProperty(name as string);
});

test('every command that the README names exists, with its options', async () => {
  const named = new Set(
    [
      ...readme.matchAll(
        /weir (?:-- )?(dev|start|compose|plan|cost|token|apikey create|operations check|limits show|limits reset|breakers list|targets list|cache invalidate|config check)\b/g,
      ),
    ].map(([, name]) => name),
  );
  expect(named.size).toBe(14);
  for (const name of named) {
    await using cli = startCli([...(name as string).split(' '), '--help']);
    expect(await cli.ended()).toBe(0);
    expect(cli.output.stdout).toContain(`Usage: weir ${name}`);
  }
  // Each start of the command takes a second or two.
}, 90_000);

test('every file that the README links to exists', () => {
  const links = [...readme.matchAll(/\]\(((?!http)[^)#]+)\)/g)].map(([, path]) => path as string);
  expect(links.filter(path => !existsSync(join(REPOSITORY, path)))).toEqual([]);
});

test('the README says of the personas of gateway.yaml what is true', () => {
  const { personas } = parse(readFileSync(join(REPOSITORY, 'gateway.yaml'), 'utf8'));
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (.*?) \| .*\|$/gm)].filter(
    ([, name]) => (name as string) in personas,
  );
  expect(rows.map(([, name]) => name).sort()).toEqual(['admin', 'mobile', 'public', 'web']);
  for (const [row, name] of rows) {
    const { clients = [] } = personas[name as string].match;
    if (name !== 'admin') for (const client of clients) expect(row).toContain(`\`${client.name}\``);
    const { manifests = [] } = personas[name as string].documents;
    for (const file of manifests) expect(row).toContain(`(${file})`);
  }
});

test('the search that the README repeats is refused as it says', async () => {
  const [, loop = ''] = /for i in \$\(seq 21\);([\s\S]*?)tail -n 4/.exec(readme) ?? [];
  const body = JSON.parse(/-d '(.*?)' \|/.exec(loop)?.[1] ?? '');
  await using example = await startExample();
  const seen: Response[] = [];
  for (let time = 0; time < 21; time++) seen.push(await example.gateway.handle(graphqlRequest(body)));
  expect(seen.map(({ status }) => status)).toEqual([...Array(20).fill(200), 429]);
  const { headers } = seen.at(-1) as Response;
  const told = ['ratelimit-policy', 'ratelimit', 'retry-after'].map(name => `${name}: ${headers.get(name)}`);
  const seconds = (line: string) => line.replace(/\d+$/, 'n');
  for (const line of told) expect(readme.split('\n').map(seconds)).toContain(seconds(line));
});

test('whoever pastes the README from top to bottom mends what it breaks', () => {
  const pasted = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text as string).join('');
  const calls = pasted.match(/^.*127\.0\.0\.1:4003\/chaos.*$/gm) ?? [];
  expect(calls).toHaveLength(3);
  for (const [index, call] of calls.entries()) {
    const endsByItself = call.includes('-X DELETE') || call.includes('"for":');
    expect([call, endsByItself || calls[index + 1]?.includes('-X DELETE')]).toEqual([call, true]);
  }
});
