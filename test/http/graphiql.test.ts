import { expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const start = (graphiql: boolean): Promise<TestGateway<'a'>> =>
  startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }' } },
    config: { server: { graphiql } },
  });

test('there is no editor unless it is configured', async () => {
  await using gateway = await start(false);
  const statuses = await Promise.all(
    ['/', '/graphiql/start.js', '/graphiql/graphiql.js'].map(
      async path => (await gateway.handle(new Request(`http://gateway${path}`))).status,
    ),
  );
  expect(statuses).toEqual([404, 404, 404]);
});

test('the page loads only files that the gateway has, and may load nothing else', async () => {
  await using gateway = await start(true);
  const page = await gateway.handle(new Request('http://gateway/'));
  const html = await page.text();
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).not.toMatch(/https?:|\*|unsafe-eval/);
  expect(html).not.toMatch(/https?:\/\//);

  const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
  const files = paths.filter(path => !path.startsWith('data:'));
  expect(files).toHaveLength(5);
  for (const path of files) {
    const response = await gateway.handle(new Request(`http://gateway${path}`));
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get('content-type')).toMatch(
      path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/,
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
  }
});

test('the style sheet brings its fonts along', async () => {
  await using gateway = await start(true);
  const css = await (await gateway.handle(new Request('http://gateway/graphiql/graphiql.css'))).text();
  const urls = [...css.matchAll(/url\(([^)]{0,40})/g)].map(([, url]) => (url as string).replace(/["']/g, ''));
  expect(urls.filter(url => !url.startsWith('data:') && !url.startsWith('#'))).toEqual([]);
});

test('the editor asks the configured path', async () => {
  await using gateway = await startGateway({
    subgraphs: { a: { typeDefs: 'type Query { x: Int }' } },
    config: { server: { graphiql: true, path: '/api' } },
  });
  const script = await gateway.handle(new Request('http://gateway/graphiql/start.js'));
  expect(await script.text()).toContain('url: "/api"');
});

test.each([
  ['a browser is sent from the endpoint to the editor', true, 'text/html,*/*;q=0.8', '', 302],
  ['unless it asks something', true, 'text/html,*/*;q=0.8', '?query={x}', 200],
  ['a program is told what it lacks', true, 'application/json', '', 400],
  ['there is nowhere to go without an editor', false, 'text/html,*/*;q=0.8', '', 400],
])('%s', async (_title, graphiql, accept, search, status) => {
  await using gateway = await start(graphiql);
  const request = new Request(`http://gateway/graphql${search}`, {
    headers: { accept, 'sec-fetch-site': 'none' },
  });
  const response = await gateway.handle(request);
  expect([response.status, response.headers.get('location')]).toEqual([status, status === 302 ? '/' : null]);
});
