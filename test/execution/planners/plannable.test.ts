import { Kind, type OperationDefinitionNode, parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, test } from 'vitest';
import { splitOperation } from '../../../src/execution/planners/operation/plannable.ts';

function split(query: string): { plannable: string | null; introspection: string | null } {
  const document = parse(query);
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  const { plannable, introspection } = splitOperation(document, operation, {
    rootTypeName: 'Query',
    reserved: new Set(['id']),
    hidingSchema: null,
  });
  return {
    plannable: plannable === null ? null : stripIgnoredCharacters(plannable.text),
    introspection: introspection === null ? null : stripIgnoredCharacters(print(introspection)),
  };
}

describe('what planners see', () => {
  test('has no meta fields at the root, in fragments either', () => {
    const query =
      '{ __typename ...F me { __typename } } fragment F on Query { __typename ... { __typename } users { name } }';
    expect(split(query).plannable).toBe('{...F me{__typename}}fragment F on Query{users{name}}');
  });

  test('has literal conditions decided', () => {
    const query =
      '{ a @skip(if: true) b @include(if: true) c @skip(if: false) ...F @include(if: false) } fragment F on Query { d }';
    expect(split(query).plannable).toBe('{b c}');
  });

  test('keeps conditions on variables', () => {
    const query = 'query ($v: Boolean!) { a { b } c @skip(if: $v) }';
    expect(split(query).plannable).toBe('query($v:Boolean!){a{b}c@skip(if:$v)}');
  });

  test('is an object still where everything in it is left out', () => {
    expect(split('{ me { name @skip(if: true) } }').plannable).toBe('{me{__typename}}');
  });

  test('names the type of an object that variables may empty, as planners would not fetch it then', () => {
    const query =
      'query ($v: Boolean!) { me { ...F ... @skip(if: $v) { age } } } fragment F on User { name @skip(if: $v) }';
    expect(split(query).plannable).toBe(
      'query($v:Boolean!){me{__typename ...F ...@skip(if:$v){age}}}fragment F on User{name@skip(if:$v)}',
    );
  });

  test('is nothing where no subgraph is needed', () => {
    for (const query of [
      '{ __typename }',
      '{ me @skip(if: true) { name } }',
      '{ ...F } fragment F on Query { __typename }',
    ])
      expect(split(query)).toEqual({ plannable: null, introspection: null });
  });

  test('has client aliases out of the way of keys', () => {
    expect(split('{ me { id: name } }').plannable).toBe('{me{w0_id:name}}');
  });
});

describe('what the gateway answers itself', () => {
  test('is the introspection of the root, with its fragments and aliases', () => {
    const query =
      '{ s: __schema { ...T } me { name } ...F } fragment T on __Schema { queryType { name } } fragment F on Query { __type(name: "A") { name } }';
    const { plannable, introspection } = split(query);
    expect(plannable).toBe('{me{name}}');
    expect(introspection).toContain('s:__schema{...T}');
    expect(introspection).toContain('__type(name:"A"){name}');
    expect(introspection).not.toContain('me{');
  });

  test('is nothing where nothing is introspected', () => {
    expect(split('{ me { name } __typename }').introspection).toBeNull();
  });
});

test('fragments that multiply are refused at once', () => {
  const levels = Array.from({ length: 40 }, (_, n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`);
  const query = `query ($v: Boolean!) { me { ...F0 } } ${levels.join(' ')} fragment F40 on User { name @skip(if: $v) }`;
  expect(() => split(query)).toThrow(expect.objectContaining({ code: 'DOCUMENT_LIMIT_EXCEEDED' }));
});
