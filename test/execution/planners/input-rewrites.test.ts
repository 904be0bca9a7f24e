import { expect, test } from 'vitest';
import type { RequiredSelection } from '../../../src/execution/plan.ts';
import { applyInputRewrites } from '../../../src/execution/planners/mend/input-rewrites.ts';

const isSubtype = (name: string, of: string): boolean => name === of || (of === 'Media' && name === 'Video');

function field(name: string, selections: readonly RequiredSelection[] | null = null): RequiredSelection {
  return { kind: 'field', name, source: name, constant: null, selections };
}

function on(typeCondition: string, ...selections: RequiredSelection[]): RequiredSelection {
  return { kind: 'types', typeCondition, selections };
}

test('a setter writes a constant instead of the value', () => {
  const rewrite = { kind: 'set', typeNames: ['Video'], keys: ['__typename'], value: 'Media' } as const;
  expect(applyInputRewrites([on('Video', field('__typename'), field('id'))], [rewrite], isSubtype)).toEqual([
    on('Video', { ...field('__typename'), constant: 'Media' } as RequiredSelection, field('id')),
  ]);
});

test('a renamer sends a value that was fetched under an alias by the name of its field', () => {
  const rewrite = { kind: 'rename', typeNames: ['Video'], keys: ['alias'], to: 'id' } as const;
  expect(applyInputRewrites([on('Video', field('alias'))], [rewrite], isSubtype)).toEqual([
    on('Video', { ...field('alias'), name: 'id' } as RequiredSelection),
  ]);
});

test('a rewrite reaches fields below fields', () => {
  const rewrite = { kind: 'rename', typeNames: [], keys: ['owner', 'alias'], to: 'id' } as const;
  const [selection] = applyInputRewrites(
    [on('Video', field('owner', [field('alias')]))],
    [rewrite],
    isSubtype,
  );
  expect(selection).toEqual(
    on('Video', field('owner', [{ ...field('alias'), name: 'id' } as RequiredSelection])),
  );
});

test('a rewrite for some types of a fragment leaves the others as they are, behind', () => {
  const rewrite = { kind: 'set', typeNames: ['Video'], keys: ['__typename'], value: 'Media' } as const;
  expect(applyInputRewrites([on('Media', field('__typename'))], [rewrite], isSubtype)).toEqual([
    on('Video', { ...field('__typename'), constant: 'Media' } as RequiredSelection),
    on('Media', field('__typename')),
  ]);
});

test('a rewrite for another type changes nothing', () => {
  const rewrite = { kind: 'set', typeNames: ['User'], keys: ['__typename'], value: 'Profile' } as const;
  const selections = [on('Video', field('__typename'))];
  expect(applyInputRewrites(selections, [rewrite], isSubtype)).toEqual(selections);
});
