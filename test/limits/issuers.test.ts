import { describe, expect, test } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/gateway-config.ts';
import { startAuthorizationServer } from '../identity/introspection/authorization-server.ts';
import { type RunningIssuer, startIssuer } from '../support/jwks-server.ts';
import { graphqlRequest, startGateway, type TestGateway } from '../support/start-gateway.ts';

type Identity = NonNullable<GatewayConfigInput['identity']>;

const KINDS = ['subject', 'client', 'tenant'] as const;

/** Limits of three an hour, `subjects` and so on. */
async function startLimited(identity: Identity, kinds: readonly string[] = KINDS): Promise<TestGateway<'a'>> {
  const limits = kinds.map(kind => [`${kind}s`, { limit: 3, window: '1h', by: [kind] }]);
  return startGateway({
    subgraphs: {
      a: { typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'hi' } } },
    },
    config: {
      identity,
      policy: { rateLimit: { limits: Object.fromEntries(limits) } },
    } as GatewayConfigInput,
  });
}

async function ask(gateway: TestGateway<'a'>, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await gateway.handle(graphqlRequest({ query: '{ hello }' }, headers))).status;
}

async function empty(gateway: TestGateway<'a'>, token: string): Promise<void> {
  for (let i = 0; i < 3; i++) expect(await ask(gateway, token)).toBe(200);
  expect(await ask(gateway, token)).toBe(429);
}

interface Answer {
  readonly error?: string;
  readonly limits?: readonly { readonly id: string; readonly remaining: number }[];
  readonly unknown?: readonly { readonly limit: string; readonly needs: readonly string[] }[];
  readonly reset?: readonly string[];
}

async function admin(gateway: TestGateway<'a'>, query: object, method: 'GET' | 'DELETE' = 'GET') {
  const search = new URLSearchParams(query as Record<string, string>);
  const answer = await gateway.gateway.admin.inject({ method, url: `/limits?${search}` });
  const { limits = [], ...rest } = answer.json() as Answer;
  return { ...rest, remaining: Object.fromEntries(limits.map(({ id, remaining }) => [id, remaining])) };
}

const jwt = (...issuers: readonly RunningIssuer[]) => ({ providers: issuers.map(one => one.provider) });

const CLAIMS = { subject: 'sub', client: 'client_id', tenant: 'tenant' } as const;

describe('of several issuers', () => {
  test.each(KINDS)('the same %s is not one owner: nobody empties the bucket of another', async kind => {
    await using ours = await startIssuer();
    await using theirs = await startIssuer();
    await using gateway = await startLimited({ jwt: jwt(ours, theirs) }, [kind]);
    await empty(gateway, theirs.token({ [CLAIMS[kind]]: 'same' }));
    expect(await ask(gateway, ours.token({ [CLAIMS[kind]]: 'same' }))).toBe(200);
  });

  test('several tokens of one subject still have one bucket', async () => {
    await using ours = await startIssuer();
    await using theirs = await startIssuer();
    await using gateway = await startLimited({ jwt: jwt(ours, theirs) }, ['subject']);
    await empty(gateway, ours.token({ jti: 'a' }));
    expect(await ask(gateway, ours.token({ jti: 'b' }))).toBe(429);
  });

  test('what is introspected is of the issuer that the answer names', async () => {
    await using ours = await startIssuer();
    await using server = await startAuthorizationServer();
    server.answer = (response, { form }) => {
      const iss = form.get('token') === 'ours' ? { iss: ours.issuer } : {};
      response.end(JSON.stringify({ active: true, sub: 'u-1', ...iss }));
    };
    const introspection = { endpoint: server.url, clientId: 'weir', clientSecret: 'secret' };
    await using gateway = await startLimited({ jwt: jwt(ours), introspection }, ['subject']);
    await empty(gateway, 'another');
    expect(await ask(gateway, 'ours')).toBe(200);
    expect(await ask(gateway, ours.token())).toBe(200);
    const subject = 'u-1';
    expect((await admin(gateway, { subject, issuer: ours.issuer })).remaining).toMatchObject({ subjects: 1 });
    expect((await admin(gateway, { subject, issuer: server.url })).remaining).toMatchObject({ subjects: 0 });
  });
});

describe('operators name the issuer', () => {
  test('where there are several: else it is not known whose buckets are meant', async () => {
    await using ours = await startIssuer();
    await using theirs = await startIssuer();
    await using gateway = await startLimited({ jwt: jwt(ours, theirs) });
    await empty(gateway, theirs.token({ client_id: 'app', tenant: 't-1' }));
    const whom = { subject: 'u-1', client: 'app', tenant: 't-1' };
    const needs = ['issuer'];
    const limits = ['subjects', 'clients', 'tenants'];
    expect(await admin(gateway, whom)).toMatchObject({
      remaining: {},
      unknown: limits.map(limit => ({ limit, needs })),
    });
    expect((await admin(gateway, whom, 'DELETE')).error).toContain('subjects needs issuer');
    const full = { subjects: 3, clients: 3, tenants: 3 };
    expect((await admin(gateway, { ...whom, issuer: ours.issuer })).remaining).toEqual(full);
    const named = { ...whom, issuer: theirs.issuer };
    expect((await admin(gateway, named)).remaining).toEqual({ subjects: 0, clients: 0, tenants: 0 });
    expect((await admin(gateway, named, 'DELETE')).reset).toEqual(limits);
    expect((await admin(gateway, named)).remaining).toEqual(full);
  });

  test('where there is one they need not, and a name that is none is refused', async () => {
    await using ours = await startIssuer({ issuer: 'https://id.example/' });
    await using gateway = await startLimited({ jwt: jwt(ours) });
    expect(await ask(gateway, ours.token())).toBe(200);
    for (const issuer of [{}, { issuer: ours.issuer }])
      expect((await admin(gateway, { subject: 'u-1', ...issuer })).remaining).toMatchObject({ subjects: 2 });
    expect((await admin(gateway, { subject: 'u-1', issuer: 'https://id.example' })).error).toContain(
      'did you mean "https://id.example/"?',
    );
  });

  test('of API keys there is none to name', async () => {
    await using ours = await startIssuer();
    await using theirs = await startIssuer();
    await using gateway = await startLimited({ jwt: jwt(ours, theirs) });
    expect((await admin(gateway, { 'api-key': 'svc' })).remaining).toMatchObject({ subjects: 3 });
    expect((await admin(gateway, { 'api-key': 'svc', issuer: ours.issuer })).error).toContain('API key');
  });
});
