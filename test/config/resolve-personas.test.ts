import { describe, expect, test } from 'vitest';
import { type GatewayConfigInput, gatewayConfig } from '../../src/config/gateway-config.ts';
import { ConfigError, parseConfig } from '../../src/config/parse.ts';
import { type Persona, resolvePersonas } from '../../src/config/resolve-personas.ts';

type Personas = NonNullable<GatewayConfigInput['personas']>;

function resolve(personas: Personas, others: GatewayConfigInput = {}): readonly Persona[] {
  return resolvePersonas(parseConfig(gatewayConfig, { ...others, personas }, 'test'));
}

function named(name: string, personas: Personas, others?: GatewayConfigInput): Persona {
  const found = resolve(personas, others).find(persona => persona.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function problemsOf(personas: Personas): readonly string[] {
  try {
    resolve(personas);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('without personas', () => {
  test('there is one without a name for everybody, with the settings of the gateway', () => {
    const [only, ...others] = resolve(
      {},
      {
        operation: { introspection: true, maxTokens: 77 },
        server: { batching: { maxOperations: 3 } },
        execution: { deadline: '7s' },
      },
    );
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      name: null,
      match: { default: true },
      documents: { mode: 'free', apq: false },
      introspection: true,
      limits: { tokens: 77, batch: 3, depth: null },
      deadline: 7_000,
      audit: false,
    });
  });
});

describe('a persona', () => {
  test('has the settings of the gateway where it says nothing', () => {
    const personas = { web: {}, strict: { introspection: false, limits: { tokens: 5 }, deadline: '1s' } };
    const others = { operation: { introspection: true, maxTokens: 77 }, execution: { deadline: '7s' } };
    expect(named('web', personas, others)).toMatchObject({
      introspection: true,
      limits: { tokens: 77, batch: null },
      deadline: 7_000,
    });
    expect(named('strict', personas, others)).toMatchObject({
      introspection: false,
      limits: { tokens: 5 },
      deadline: 1_000,
    });
  });

  test('inherits from the one it extends, and from default last, key by key', () => {
    const personas: Personas = {
      default: { limits: { depth: 1, aliases: 1, rootFields: 1 }, audit: true, priority: 10 },
      app: { limits: { aliases: 2, rootFields: 2 }, priority: 20, contract: { excludeTags: ['internal'] } },
      mobile: { extends: 'app', limits: { rootFields: 3 }, contract: { includeTags: ['mobile'] } },
    };
    expect(named('mobile', personas)).toMatchObject({
      limits: { depth: 1, aliases: 2, rootFields: 3 },
      priority: 20,
      audit: true,
      contract: { includeTags: ['mobile'], excludeTags: ['internal'] },
    });
  });

  test('replaces an inherited list, and does not add to it', () => {
    const personas: Personas = {
      default: { contract: { excludeTags: ['internal', 'beta'] }, requires: { roles: ['staff'] } },
      admin: { contract: { excludeTags: [] }, requires: { roles: ['admin'] } },
    };
    expect(named('admin', personas)).toMatchObject({
      contract: { excludeTags: [] },
      requires: { roles: ['admin'] },
    });
  });

  test('inherits what its callers must have, and never whom it is for', () => {
    const personas: Personas = {
      staff: {
        match: { clients: [{ name: 'staff-*' }] },
        requires: { authenticated: true, roles: ['staff'] },
      },
      support: { extends: 'staff' },
    };
    expect(named('support', personas)).toMatchObject({
      match: { clients: [], claims: {}, default: false },
      requires: { authenticated: true, roles: ['staff'] },
    });
  });

  test('may switch off what it inherits', () => {
    const personas: Personas = {
      default: { audit: true, introspection: true, response: { omitNulls: true, maxAge: '1m' } },
      web: { audit: false, introspection: false, response: { omitNulls: false } },
    };
    expect(named('web', personas)).toMatchObject({
      audit: false,
      introspection: false,
      response: { omitNulls: false, maxAge: 60_000 },
    });
  });

  test('with free documents has automatic persisted queries unless it says otherwise', () => {
    const manifests = ['m.json'];
    const personas: Personas = {
      free: {},
      logs: { documents: { mode: 'log-unknown', manifests } },
      off: { documents: { apq: false } },
      safe: { documents: { mode: 'safelist', manifests } },
      ids: { documents: { mode: 'ids-only', manifests } },
    };
    const apq = resolve(personas).map(({ name, documents }) => [name, documents.apq]);
    expect(Object.fromEntries(apq)).toEqual({ free: true, logs: true, off: false, safe: false, ids: false });
  });
});

describe('default', () => {
  test('is nobody’s persona where another one is the default', () => {
    const personas: Personas = { default: { audit: true }, public: { match: { default: true } } };
    expect(resolve(personas).map(({ name }) => name)).toEqual(['public']);
  });

  test('serves everybody else where no other one does', () => {
    const [base, web] = resolve({ default: {}, web: { match: { clients: [{ name: 'web' }] } } });
    expect([base?.match.default, web?.match.default]).toEqual([true, false]);
  });

  test('may itself be matched like any other', () => {
    const personas: Personas = {
      default: { match: { claims: { app: 'x' } } },
      web: { match: { default: true } },
    };
    expect(resolve(personas).map(({ name, match }) => [name, match.default])).toEqual([
      ['default', false],
      ['web', true],
    ]);
  });
});

describe('the start is refused for', () => {
  const manifests = ['m.json'];
  test.each<[string, Personas, readonly RegExp[]]>([
    [
      'an unknown persona to extend, with its neighbour',
      { mobile: { extends: 'wbe' }, web: {} },
      [/^personas\.mobile\.extends: there is no persona "wbe"; did you mean "web"\?$/],
    ],
    [
      'an unknown persona far from every name',
      { mobile: { extends: 'something' } },
      [/^personas\.mobile\.extends: .*there are mobile$/],
    ],
    [
      'what every object inherits as a persona to extend',
      { mobile: { extends: 'constructor' } },
      [/^personas\.mobile\.extends: there is no persona "constructor"/],
    ],
    [
      'a default that extends one of those it holds for',
      { default: { extends: 'base' }, base: {}, web: { extends: 'base' } },
      [/^personas\.default\.extends: what default says holds for all others/],
    ],
    ['itself', { a: { extends: 'a' } }, [/^personas\.a\.extends: goes in a circle: a → a$/]],
    [
      'a circle, once for each in it',
      { a: { extends: 'b' }, b: { extends: 'a' } },
      [/^personas\.a\.extends: .*a → b → a$/, /^personas\.b\.extends: .*b → a → b$/],
    ],
    [
      'several defaults',
      { a: { match: { default: true } }, b: { match: { default: true } }, c: { match: { default: true } } },
      [/^personas\.b\.match\.default: a is/, /^personas\.c\.match\.default: a is/],
    ],
    [
      'a safelist without manifests',
      { a: { documents: { mode: 'safelist' } } },
      [/^personas\.a\.documents: safelist without manifests/],
    ],
    [
      'ids only without manifests, inherited',
      { default: { documents: { mode: 'ids-only' } }, a: {} },
      [/^personas\.default\.documents: /, /^personas\.a\.documents: ids-only/],
    ],
    [
      'automatic persisted queries beside a safelist',
      { a: { documents: { mode: 'safelist', apq: true, manifests } } },
      [/^personas\.a\.documents\.apq: /],
    ],
    ['a name that is none', { 'a b': {} }, [/^personas\.a b: a name is a letter/]],
  ])('%s', (_title, personas, expected) => {
    expect(problemsOf(personas)).toEqual(expected.map(pattern => expect.stringMatching(pattern)));
  });
});
