import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewayConfig } from '../../src/config/gateway-config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { REPOSITORY, startCli } from '../support/start-cli.ts';

const deployment = readFileSync(join(REPOSITORY, 'docs/deployment.md'), 'utf8');
const troubleshooting = readFileSync(join(REPOSITORY, 'docs/troubleshooting.md'), 'utf8');

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container extends Readonly<Record<`${'startup' | 'liveness' | 'readiness'}Probe`, Probe>> {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

const blocks = [...deployment.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => parse(text));
const { spec } = blocks.find(block => 'kind' in block).spec.template as {
  spec: { terminationGracePeriodSeconds: number; containers: [Container] };
};
const config = parseConfig(
  gatewayConfig,
  blocks.find(block => 'server' in block),
  'docs/deployment.md',
);

test('Kubernetes waits for longer than the end takes', () => {
  const { grace, drain } = config.server.shutdown;
  expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(grace + drain);
});

test('probes ask what there is, at the port of the configuration', () => {
  const [{ ports, startupProbe, livenessProbe, readinessProbe }] = spec.containers;
  expect(ports).toEqual([
    { name: 'graphql', containerPort: config.server.listen.port },
    { name: 'admin', containerPort: config.admin.listen.port },
  ]);
  for (const { httpGet } of [startupProbe, livenessProbe])
    expect(httpGet).toEqual({ path: '/health/live', port: 'graphql' });
  expect(readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'graphql' });
});

test('alerts are of metrics that there are', async () => {
  const told = await createMetrics().registry.getMetricsAsJSON();
  const known = new Set(told.map(({ name }) => name));
  const named = [
    ...`${deployment}${troubleshooting}`.matchAll(/\b(?:weir|graphql_server|http_client)_[a-z_]+/g),
  ];
  expect(named.length).toBeGreaterThan(8);
  for (const [name] of named) expect(known).toContain(name);
});

test('commands of the pages exist, with their options', async () => {
  const commands = new Map<string, Set<string>>();
  for (const [, name = '', rest = ''] of `${deployment}${troubleshooting}`.matchAll(
    /\bweir (start|dev|compose|plan|cost|token|config check|config show|operations check|schema check|breakers list|breakers close|targets list|limits show|cache invalidate)\b([^`|\n]*)/g,
  )) {
    const options = commands.get(name) ?? new Set();
    commands.set(name, options);
    for (const [option] of rest.matchAll(/--[a-z]+/g)) options.add(option);
  }
  expect(commands.size).toBe(15);
  for (const [name, options] of commands) {
    await using cli = startCli([...name.split(' '), '--help']);
    expect(await cli.ended()).toBe(0);
    for (const option of options) expect(cli.output.stdout).toContain(option);
  }
});

function sourceIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

test('what troubleshooting quotes is said by the code', () => {
  const source = sourceIn(join(REPOSITORY, 'src'));
  // Of more than two words that are neither a command nor a key: a message, if not one of Redis.
  const quotes = [...troubleshooting.matchAll(/`([^`]+)`/g)]
    .map(([, text = '']) => text)
    .filter(
      text => /^[^:{}$=<>\-/]+$/.test(text) && text.split(' ').length > 3 && !/^(?:weir|ERR) /.test(text),
    );
  expect(quotes.length).toBeGreaterThan(10);
  const parts = quotes.flatMap(quote => quote.split('…')).map(part => part.trim());
  expect(parts.filter(part => !source.includes(part))).toEqual([]);
});
