import { expect, test } from 'vitest';
import { compileForwarding, NOBODY } from '../../../../src/execution/fetch/forward.ts';
import { forwardVariants } from '../../../../src/execution/fetch/variants/forward-variants.ts';
import type { RequestSource } from '../../../../src/execution/headers/request-headers.ts';

const RULE = { identity: true, headers: { request: [] } };
const base = compileForwarding(
  new Map([
    ['a', RULE],
    ['b', { ...RULE, identity: false }],
    ['c', RULE],
  ]),
);

/** Variants of `a` and `b` by headers of these names. */
const forward = forwardVariants(
  base,
  new Map(['a', 'b'].map(name => [name, ({ headers }: RequestSource) => (headers[name] as string) ?? null])),
);

test('keys are equal exactly where headers and variants are', () => {
  const subjects = [null, 'ada', 'bob', 'canary', '["x-user-id","ada"]'];
  const variants = [undefined, 'canary', 'blue', 'x-user-id'];
  const all = subjects.flatMap(subject =>
    variants.flatMap(a =>
      variants.map(b => {
        const headers = { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) };
        const forwarded = forward({ facts: { ...NOBODY, subject }, headers });
        const told = (name: string) =>
          JSON.stringify([forwarded.headersFor(name), forwarded.variantFor?.(name) ?? null]);
        return { forwarded, told };
      }),
    ),
  );
  for (const one of all) {
    for (const other of all) {
      const names = ['a', 'b', 'c'] as const;
      for (const name of names)
        expect(one.forwarded.keyFor(name) === other.forwarded.keyFor(name)).toBe(
          one.told(name) === other.told(name),
        );
      const areEqual = names.every(name => one.told(name) === other.told(name));
      expect(one.forwarded.key === other.forwarded.key).toBe(areEqual);
    }
  }
});

test('whoever gets no variant is forwarded as without any', () => {
  const source = { facts: { ...NOBODY, subject: 'ada' }, headers: {} };
  expect(forward(source)).toBe(base(source));
  expect(forwardVariants(base, new Map())).toBe(base);
});
