import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { featureDirectives } from '../../src/supergraph/feature-names.ts';

const URL = 'https://specs.apollo.dev/authenticated';

function names(sdl: string, directive = 'authenticated', url = URL): string[] {
  return [...featureDirectives(parse(sdl), url, directive)].sort();
}

describe('a linked directive has', () => {
  test("the feature's name when nothing else is said, whatever the version", () => {
    for (const version of ['v0.1', 'v1.0', 'v12.34']) {
      const sdl = `schema @link(url: "${URL}/${version}") { query: Query } directive @authenticated on OBJECT`;
      expect(names(sdl)).toEqual(['authenticated']);
    }
  });

  test('the name that its import gives it, and no other', () => {
    const sdl = `
      schema @link(url: "${URL}/v0.1", for: SECURITY, import: [{name: "@authenticated", as: "@auth"}]) { query: Query }
      directive @auth on OBJECT
      "Of the users' own: it is why the other one was renamed."
      directive @authenticated(level: Int) on OBJECT`;
    expect(names(sdl)).toEqual(['auth']);
  });

  test("the feature's new name as default directive, and that name as prefix otherwise", () => {
    const sdl = `extend schema @link(url: "${URL}/v0.1", as: "x") directive @x on OBJECT directive @x__strict on OBJECT`;
    expect(names(sdl)).toEqual(['x']);
    expect(names(sdl, 'strict')).toEqual(['x__strict']);
  });

  test('its own name when imported as it is, whatever the prefix', () => {
    const sdl = `schema @link(url: "${URL}/v0.1", as: "x", import: ["@authenticated", "Type"]) { query: Query }
      directive @authenticated on OBJECT`;
    expect(names(sdl)).toEqual(['authenticated']);
  });

  test('all its names when it is linked more than once', () => {
    const sdl = `
      schema @link(url: "${URL}/v0.1", as: "a") { query: Query }
      extend schema @link(url: "${URL}/v0.2", as: "b")
      directive @a on OBJECT directive @b on OBJECT`;
    expect(names(sdl)).toEqual(['a', 'b']);
  });
});

describe('a link is found', () => {
  test("under federation's own URL", () => {
    const link = 'url: "https://specs.apollo.dev/federation/v2.9"';
    const definitions = 'directive @auth on OBJECT directive @federation__authenticated on OBJECT';
    const imported = `schema @link(${link}, import: [{name: "@authenticated", as: "@auth"}]) { query: Query } ${definitions}`;
    expect(names(imported)).toEqual(['auth']);
    expect(names(`schema @link(${link}) { query: Query } ${definitions}`)).toEqual([
      'federation__authenticated',
    ]);
  });

  test('in @core of the older spec', () => {
    const sdl = `schema @core(feature: "https://specs.apollo.dev/tag/v0.2", as: "label") { query: Query }
      directive @label(name: String!) on OBJECT`;
    expect(names(sdl, 'tag', 'https://specs.apollo.dev/tag')).toEqual(['label']);
  });

  test('when @link itself has another name', () => {
    const sdl = `
      schema @use(url: "https://specs.apollo.dev/link/v1.0", as: "use") @use(url: "${URL}/v0.1", as: "auth") { query: Query }
      directive @auth on OBJECT`;
    expect(names(sdl)).toEqual(['auth']);
  });

  test("for other authors' features", () => {
    const sdl = `schema @link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit"]) { query: Query }
      directive @rateLimit on OBJECT directive @weir__fallback on OBJECT`;
    expect(names(sdl, 'rateLimit', 'https://weir.dev/weir')).toEqual(['rateLimit']);
    expect(names(sdl, 'fallback', 'https://weir.dev/weir')).toEqual(['weir__fallback']);
  });
});

describe('the plain name counts', () => {
  test('when nothing is linked', () => {
    expect(names('directive @authenticated on OBJECT type Query @authenticated { a: Int }')).toEqual([
      'authenticated',
    ]);
  });

  test('beside the linked one when a document links one name and defines the other', () => {
    const sdl = `schema @link(url: "${URL}/v0.1", as: "auth") { query: Query } directive @authenticated on OBJECT`;
    expect(names(sdl)).toEqual(['auth', 'authenticated']);
  });
});

test.each([
  'schema @link { query: Query }',
  'schema @link(url: 3, import: 4) { query: Query }',
  'schema @link(url: "no url", import: [{as: "@x"}, null, 5]) { query: Query }',
  'schema @link(url: "https://specs.apollo.dev", import: {name: 1, as: []}) { query: Query }',
])('a link without sense is passed over: %s', sdl => {
  expect(names(sdl)).toEqual(['authenticated']);
});
