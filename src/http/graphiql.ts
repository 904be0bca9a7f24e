import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

interface GraphiqlOptions {
  /** Of the GraphQL endpoint. */
  readonly path: string;
}

const { resolve } = createRequire(import.meta.url);

/** What the page loads: files of installed packages, nothing over the network. */
const ASSETS: ReadonlyMap<string, readonly [packageName: string, file: string, type: string]> = new Map([
  ['react.js', ['react', 'umd/react.production.min.js', 'text/javascript; charset=utf-8']],
  ['react-dom.js', ['react-dom', 'umd/react-dom.production.min.js', 'text/javascript; charset=utf-8']],
  ['graphiql.js', ['graphiql', 'graphiql.min.js', 'text/javascript; charset=utf-8']],
  ['graphiql.css', ['graphiql', 'graphiql.min.css', 'text/css; charset=utf-8']],
]);

/**
 * Scripts come from this origin only, and none stands in the page. Styles may: the editor places its cursor
 * and its menus with them. Its font travels in the style sheet as a data URL.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The GraphiQL editor at /. */
export function registerGraphiql(app: FastifyInstance, { path }: GraphiqlOptions): void {
  app.get('/', { exposeHeadRoute: false }, (_request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    reply.header('cache-control', 'no-cache');
    return sendText(reply, 'text/html; charset=utf-8', PAGE);
  });
  // A person at the address that clients are given; programs do not ask for pages.
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    const wantsPage = method === 'GET' && url === path && headers.accept?.startsWith('text/html') === true;
    if (wantsPage) return reply.header('cache-control', 'no-store').redirect('/');
  });
  app.get('/graphiql/start.js', { exposeHeadRoute: false }, (_request, reply) => {
    reply.header('cache-control', 'no-cache');
    return sendText(reply, 'text/javascript; charset=utf-8', startScript(path));
  });
  for (const [name, [packageName, file, type]] of ASSETS) {
    const location = join(dirname(resolve(`${packageName}/package.json`)), file);
    app.get(`/graphiql/${name}`, { exposeHeadRoute: false }, (_request, reply) => {
      reply.header('cache-control', 'public, max-age=86400');
      reply.header('x-content-type-options', 'nosniff');
      return reply.type(type).send(createReadStream(location));
    });
  }
}

function sendText(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.header('x-content-type-options', 'nosniff').type(type).send(text);
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Weir</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/graphiql/graphiql.css">
  <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
</head>
<body>
  <div id="graphiql">Loading …</div>
  <script src="/graphiql/react.js"></script>
  <script src="/graphiql/react-dom.js"></script>
  <script src="/graphiql/graphiql.js"></script>
  <script src="/graphiql/start.js"></script>
</body>
</html>
`;

function startScript(path: string): string {
  return `ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: ${JSON.stringify(path)} }),
    defaultEditorToolsVisibility: true,
  }),
);
`;
}
