import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIssuer } from '../lib/issuer.mjs';
import { workloads } from '../workloads.mjs';
import { weirBuilt } from './weir.mjs';

const ISSUER = 'https://id.example/';
const AUDIENCE = 'shop';

/** Each of them a contract, a form of documents and limits of its own, as a gateway for several clients has. */
const CONFIG = `
identity:
  jwt:
    providers:
      - { issuer: ${ISSUER}, audiences: [${AUDIENCE}], algorithms: [ES256], jwksFile: jwks.json }
personas:
  default:
    limits: { batch: 5 }
  mobile:
    match: { clients: [{ name: ios }, { name: android }] }
    documents: { mode: ids-only, manifests: [manifest.json] }
    contract: { excludeTags: [internal] }
    response: { omitNulls: true }
    limits: { depth: 8, aliases: 10, rootFields: 4 }
    deadline: 3s
  web:
    match: { clients: [{ name: web }] }
    documents: { mode: safelist, manifests: [manifest.json] }
    contract: { excludeTags: [internal] }
    introspection: false
    limits: { depth: 10, aliases: 20, rootFields: 8 }
  admin:
    match: { clients: [{ name: admin }] }
    requires: { roles: [admin] }
    audit: true
  public:
    match: { default: true }
    contract: { excludeTags: [internal] }
    limits: { depth: 6, aliases: 5, rootFields: 3 }
`;

/** Written into the supergraph: [what is there, what takes its place]. */
const GUARDS = [
  [
    '@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)',
    `@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/tag/v0.3")`,
  ],
  [
    'directive @join__enumValue(',
    `directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | SCALAR | ENUM
scalar requiresScopes__Scope
directive @join__enumValue(`,
  ],
  ['me: User @join__field(graph: ACCOUNTS)', 'me: User @join__field(graph: ACCOUNTS) @authenticated'],
  ['username: String\n', 'username: String @requiresScopes(scopes: [["read:username"], ["read:user"]])\n'],
  [
    'birthday: Int @join__field(graph: ACCOUNTS)',
    'birthday: Int @join__field(graph: ACCOUNTS) @tag(name: "internal")',
  ],
];

/** @returns {string} the supergraph with guards on the fields of the small query */
function guarded(sdl) {
  return GUARDS.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`not exactly once in the supergraph: ${from}`);
    return text.replace(from, () => to);
  }, sdl);
}

/** @returns {object} persisted documents by their hash */
const manifestOf = queries =>
  Object.fromEntries(queries.map(query => [createHash('sha256').update(query).digest('hex'), query]));

/**
 * Weir that knows its callers: each request brings the same token, so that it is verified once.
 * @param {{title: string, scope: string, expected?: string, served?: string[], more?: string}} variant
 *   `served`: its workloads; `more`: configuration
 * @returns {import('./index.mjs').Gateway}
 */
function weirKnowing({ title, scope, expected, served = ['d', 'e'], more = '' }) {
  return {
    ...weirBuilt,
    title,
    workloads: served,
    expected,
    launch(place) {
      const { jwks, sign } = createIssuer(ISSUER);
      const write = (name, text) => {
        const file = join(place.workDir, name);
        writeFileSync(file, text);
        return file;
      };
      write('jwks.json', JSON.stringify(jwks));
      write('manifest.json', JSON.stringify(manifestOf([workloads.a.query, workloads.d.query])));
      const config = write('gateway.yaml', CONFIG + more);
      const supergraphFile = write('guarded.graphql', guarded(readFileSync(place.supergraphFile, 'utf8')));
      const claims = { aud: AUDIENCE, sub: 'u-1', scope, persona: 'web', roles: ['user'], tenant: 't-1' };
      return {
        ...weirBuilt.launch({ ...place, supergraphFile }, ['--config', config]),
        authorization: `Bearer ${sign(claims)}`,
      };
    },
  };
}

export const weirIdentity = weirKnowing({
  title: 'Weir, identity and authorization',
  scope: 'read:user read:orders',
});

export const weirIdentityDenied = weirKnowing({
  title: 'Weir, identity and authorization, one field denied',
  scope: 'read:orders',
  expected: fileURLToPath(new URL('../data/expected-one-denied.json', import.meta.url)),
});

const LIMITED = `
policy:
  rateLimit:
    limits:
      requests: { limit: 1000000000, window: 1m, by: [subject], algorithm: token-bucket }
`;

/** What `weir-kept` is compared with: the same, and each answer is got from its subgraph. */
export const weirUnkept = weirKnowing({
  title: 'Weir, identity and a limit, nothing kept',
  served: ['a', 'b', 'd', 'e'],
  scope: 'read:user read:orders',
  more: LIMITED,
});

/** Each request is one execution of its own, also where equal ones overlap, as in most gateways. */
export const weirUnshared = weirKnowing({
  title: 'Weir, identity and a limit, nothing kept and nothing shared',
  served: ['a', 'b', 'd', 'e'],
  scope: 'read:user read:orders',
  more: `${LIMITED}
execution: { sharing: { operations: false, fetches: false } }
`,
});

/** Every answer but the first is one that was kept, for the caller alone. */
export const weirKept = weirKnowing({
  title: 'Weir, identity and a limit, answers kept',
  served: ['a', 'b', 'd', 'e'],
  scope: 'read:user read:orders',
  more: `${LIMITED}
cache: { defaultMaxAge: 1h }
`,
});
