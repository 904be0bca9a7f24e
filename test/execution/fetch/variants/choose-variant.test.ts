import { describe, expect, test } from 'vitest';
import { NOBODY } from '../../../../src/execution/fetch/forward.ts';
import {
  type Choosable,
  type ChooseVariant,
  compileChoice,
} from '../../../../src/execution/fetch/variants/choose-variant.ts';
import type { CallerFacts } from '../../../../src/execution/headers/caller-facts.ts';

type Settings = Readonly<Record<string, Choosable['config']>>;

function choosing(settings: Settings, off: readonly string[] = [], subgraph = 'a') {
  const variants = Object.entries(settings).map(([name, config]) => ({
    name,
    config,
    isOn: () => !off.includes(name),
  }));
  const choose = compileChoice(subgraph, variants);
  return (facts: Partial<CallerFacts> = {}, headers: Record<string, string> = {}, address = '10.0.0.1') =>
    choose({ facts: { ...NOBODY, ...facts }, headers, clientAddress: () => address });
}

const SUBJECTS = Array.from({ length: 5_000 }, (_, index) => `user-${index}`);

/** Subjects that get each variant. */
function sharesOf(choose: (facts: Partial<CallerFacts>) => ReturnType<ChooseVariant>) {
  const of = (name: string | null): string[] => SUBJECTS.filter(subject => choose({ subject }) === name);
  return { canary: of('canary'), blue: of('blue'), stable: of(null) };
}

describe('a weight', () => {
  test('is the percent of subjects that get the variant', () => {
    const { canary, blue, stable } = sharesOf(choosing({ canary: { weight: 10 }, blue: { weight: 25.5 } }));
    expect(canary.length / 50).toBeCloseTo(10, -0.5);
    expect(Math.abs(blue.length / 50 - 25.5)).toBeLessThan(2);
    expect(canary.length + blue.length + stable.length).toBe(SUBJECTS.length);
  });

  test('of 0 is nobody, and of 100 everybody', () => {
    expect(sharesOf(choosing({ canary: { weight: 0 } })).canary).toEqual([]);
    expect(sharesOf(choosing({ canary: { weight: 100 } })).stable).toEqual([]);
  });

  test('gives the same subject the same variant, wherever it comes from', () => {
    const [one, other] = [choosing({ canary: { weight: 50 } }), choosing({ canary: { weight: 50 } })];
    for (const subject of SUBJECTS.slice(0, 200))
      expect(one({ subject }, {}, '10.0.0.1')).toBe(other({ subject, tenant: 't' }, { x: 'y' }, '10.0.0.2'));
  });

  test('that grows takes nobody out', () => {
    const before = sharesOf(choosing({ canary: { weight: 10 } })).canary;
    const after = new Set(sharesOf(choosing({ canary: { weight: 20 } })).canary);
    expect(before.every(subject => after.has(subject))).toBe(true);
    expect(after.size).toBeGreaterThan(before.length);
  });

  test('of another subgraph is of other subjects', () => {
    const one = sharesOf(choosing({ canary: { weight: 50 } }, [], 'a')).canary;
    const other = new Set(sharesOf(choosing({ canary: { weight: 50 } }, [], 'b')).canary);
    expect(one.filter(subject => other.has(subject)).length / one.length).toBeCloseTo(0.5, 1);
  });

  test('goes by the client address where nobody says who he is', () => {
    const choose = choosing({ canary: { weight: 50 } });
    const addresses = Array.from({ length: 200 }, (_, index) => `10.0.1.${index}`);
    const chosen = addresses.map(address => choose({}, {}, address));
    expect(new Set(chosen)).toEqual(new Set(['canary', null]));
    expect(addresses.map(address => choose({ subject: '' }, {}, address))).toEqual(chosen);
  });

  test('of a variant that is switched off falls to the subgraph itself, and to no other variant', () => {
    const settings = { canary: { weight: 10 }, blue: { weight: 20 } };
    const before = sharesOf(choosing(settings));
    const after = sharesOf(choosing(settings, ['canary']));
    expect(after.canary).toEqual([]);
    expect(after.blue).toEqual(before.blue);
  });
});

describe('conditions', () => {
  const when = { header: 'X-Canary', equals: '1' };

  test('choose the variant for whoever meets them, before weights do', () => {
    const choose = choosing({ blue: { weight: 100 }, canary: { when } });
    expect(choose({}, { 'x-canary': '1' })).toBe('canary');
    expect(choose({}, { 'x-canary': '2' })).toBe('blue');
    expect(choose({}, {})).toBe('blue');
  });

  test('must all hold', () => {
    const choose = choosing({ canary: { when, persona: 'beta', tenant: ['acme', 'north'] } });
    const headers = { 'x-canary': '1' };
    expect(choose({ persona: 'beta', tenant: 'north' }, headers)).toBe('canary');
    expect(choose({ persona: 'beta', tenant: 'south' }, headers)).toBe(null);
    expect(choose({ persona: null, tenant: 'acme' }, headers)).toBe(null);
    expect(choose({ persona: 'beta', tenant: 'acme' }, {})).toBe(null);
    expect(choose({ persona: 'beta', tenant: null }, headers)).toBe(null);
  });

  test('of the first variant that is on decide', () => {
    const settings = { canary: { when }, blue: { tenant: 'acme' } };
    const headers = { 'x-canary': '1' };
    expect(choosing(settings)({ tenant: 'acme' }, headers)).toBe('canary');
    expect(choosing(settings, ['canary'])({ tenant: 'acme' }, headers)).toBe('blue');
    expect(choosing(settings, ['canary', 'blue'])({ tenant: 'acme' }, headers)).toBe(null);
  });
});
