import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { REPOSITORY, type RunningCli, startProcess } from '../support/start-cli.ts';

interface Service {
  readonly build?: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const { services } = parse(readFileSync(join(REPOSITORY, 'docker-compose.yml'), 'utf8')) as {
  services: Readonly<Record<string, Service>>;
};

/** The service as a process on this machine: its command and environment, with free loopback ports. */
function run(name: string, overrides: Readonly<Record<string, string>>): RunningCli {
  const { command, environment } = services[name] as Service;
  const [node, ...args] = command;
  expect(node).toBe('node');
  return startProcess(args, { env: { ...environment, ...overrides } });
}

test('the commands of docker-compose.yml start a gateway that is healthy and answers', async () => {
  const loopback = { HOST: '127.0.0.1', PORT: '0' };
  await using users = run('users', loopback);
  await using orders = run('orders', loopback);
  await using products = run('products', loopback);
  const urlOf = async (cli: RunningCli): Promise<string> =>
    /http\S+/.exec(await cli.said(/ is at \S+\n/))?.[0] ?? '';
  await using gateway = run('gateway', {
    WEIR_LISTEN: '127.0.0.1:0',
    WEIR_ADMIN_LISTEN: '127.0.0.1:0',
    USERS_URL: await urlOf(users),
    ORDERS_URL: await urlOf(orders),
    PRODUCTS_URL: await urlOf(products),
    REDIS_URL: process.env.REDIS_URL ?? 'redis://127.0.0.1:9',
    // Nobody collects traces here; the gateway must not mind.
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  });
  const output = await gateway.said('"msg":"listening"');
  const [, admin] = /"admin":"([^"]+)"/.exec(output) ?? [];
  const [, url] = /"url":"([^"]+)"/.exec(output) ?? [];
  expect((await fetch(`${admin}/health/ready`)).status).toBe(200);
  const response = await fetch(url as string, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ users(first: 1) { nodes { wishlist(first: 1) { name } } } }' }),
  });
  expect(await response.json()).not.toHaveProperty('errors');
  // What the containers' Redis is for.
  expect(gateway.output.stdout).toMatch(/Redis is (ready|lost)/);
});

test('every subgraph of the example has a service, and there are a Redis and a trace viewer', () => {
  const { subgraphs } = parse(readFileSync(join(REPOSITORY, 'supergraph.yaml'), 'utf8')) as {
    subgraphs: object;
  };
  expect(Object.keys(services)).toEqual(
    expect.arrayContaining([...Object.keys(subgraphs), 'redis', 'traces']),
  );
});

test('the personas, tiers, policies, breakers and cache of the containers are those of gateway.yaml', () => {
  const partsOf = (name: string, up: string): unknown => {
    const text = readFileSync(join(REPOSITORY, name), 'utf8');
    const { personas, tiers, policy, breakers, cache } = parse(text) as Readonly<Record<string, unknown>>;
    // Files are named from where the configuration is.
    return JSON.parse(JSON.stringify({ personas, tiers, policy, breakers, cache }).replaceAll(`"${up}`, '"'));
  };
  expect(partsOf('deploy/gateway.docker.yaml', '../')).toEqual(partsOf('gateway.yaml', './'));
});

test('the image has every file that the configuration names', () => {
  const dockerfile = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, names]) =>
    names?.split(' '),
  );
  expect(copied).toEqual(expect.arrayContaining(['policies', 'documents', 'deploy']));
});
