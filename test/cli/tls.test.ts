import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { composeSupergraph } from '../support/compose.ts';
import { startCli } from '../support/start-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const authority = createAuthority();
// As for a gateway behind a name; commands on its machine reach it by an address.
const { cert, key } = authority.issue(['admin.internal']);

const SDL = composeSupergraph([
  { name: 'a', url: 'http://127.0.0.1:9/graphql', typeDefs: 'type Query { x: Int }' },
]);
const START = ['start', '--supergraph', 'supergraph.graphql', '--config', 'gateway.yaml'];

function configFor(adminPort: number): string {
  const tls = '{ cert: own.pem, key: own.key, clientCa: ca.pem }';
  return [
    'server: { listen: "127.0.0.1:0", tls: { cert: own.pem, key: own.key } }',
    `admin: { listen: "127.0.0.1:${adminPort}", tls: ${tls} }`,
  ].join('\n');
}

test('the listening line has https URLs, and commands find the admin listener by its certificate', async () => {
  await using folder = await temporaryFolder({
    'supergraph.graphql': SDL,
    'gateway.yaml': configFor(0),
    'own.pem': cert,
    'own.key': key,
    'ca.pem': authority.cert,
  });
  await using gateway = startCli(START, { cwd: folder.path });
  const line = await gateway.said('"msg":"listening"');
  expect(line).toMatch(/"url":"https:\/\/127\.0\.0\.1:\d+\/graphql"/);
  const port = Number(/"admin":"https:\/\/127\.0\.0\.1:(\d+)"/.exec(line)?.[1]);

  await folder.write('seen.yaml', configFor(port));
  const commands = ['breakers', 'list', '--config', 'seen.yaml'];
  await using list = startCli(commands, { cwd: folder.path });
  expect(await list.ended()).toBe(0);
  expect(list.output.stdout).toContain('breakers');

  let asked = 0;
  const impostor = createServer(authority.issue(['admin.internal']), (_request, response) => {
    asked++;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(impostor, 'listening');
  await folder.write('seen.yaml', configFor((impostor.address() as AddressInfo).port));
  await using refused = startCli(commands, { cwd: folder.path });
  expect(await refused.ended()).toBe(1);
  expect(refused.output.stderr).toContain('another certificate than admin.tls.cert');
  expect(asked).toBe(0);
  impostor.close();
});

test('a file that cannot be used ends the start with one line that names it and its setting', async () => {
  await using folder = await temporaryFolder({
    'supergraph.graphql': SDL,
    'gateway.yaml': configFor(0),
    'own.pem': cert,
    'own.key': authority.key,
    'ca.pem': authority.cert,
  });
  await using gateway = startCli(START, { cwd: folder.path });
  expect(await gateway.ended()).toBe(1);
  expect(gateway.output.stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/own\.key \(server\.tls\.key\) cannot be used: .*own\.pem \(server\.tls\.cert\)/),
  ]);
});
