import { expect, test } from 'vitest';
import { composing } from './composing.ts';

const FEDERATION = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const { compose, problemsOf } = composing(FEDERATION);
const OWN = 'directive @rateLimit(limit: Int) on FIELD_DEFINITION';

test('a directive of a name of ours that its schema defines and does not link is warned of, as it would do nothing', () => {
  const { sdl, warnings } = compose(`${OWN} type Query { a: Int @rateLimit(limit: 1) }`);
  expect(sdl).not.toContain('rateLimit');
  expect(warnings).toEqual([
    expect.stringMatching(
      /^@rateLimit of s0 .* @link\(url: "https:\/\/weir\.dev\/weir\/v1\.0", import: \["@rateLimit"\]\)$/,
    ),
  ]);
});

test.each([
  [
    'is linked',
    `extend schema ${FEDERATION} @link(url: "https://weir.dev/weir/v1.0", import: ["@rateLimit"])
    type Query { a: Int @rateLimit(limit: 1, window: "1s") }`,
  ],
  [
    'is of another spec',
    `extend schema ${FEDERATION} @link(url: "https://limits.example/limits/v1.0", import: ["@rateLimit"])
    ${OWN} type Query { a: Int @rateLimit(limit: 1) }`,
  ],
  ['is used nowhere', `${OWN} type Query { a: Int }`],
])('one that %s is not', (_what, schema) => {
  expect(compose(schema).warnings).toEqual([]);
});

test('one that is not even defined is refused with what to write', () => {
  expect(problemsOf('type Query { a: Int @cacheControl(maxAge: 1) b: Int @quux }')).toEqual([
    expect.stringMatching(/Unknown directive "@cacheControl"\. If it .* import: \["@cacheControl"\]\)/),
    expect.not.stringContaining('weir'),
  ]);
});
