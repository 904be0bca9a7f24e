import { expect, test } from 'vitest';
import { chooseMediaType } from '../../src/http/media-type.ts';

const JSON_TYPE = 'application/json';
const GRAPHQL_TYPE = 'application/graphql-response+json';

test.each<[string | undefined, string | null]>([
  [undefined, JSON_TYPE],
  ['', JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['Application/JSON; Charset=UTF-8', JSON_TYPE],
  [GRAPHQL_TYPE, GRAPHQL_TYPE],
  [`${GRAPHQL_TYPE}, ${JSON_TYPE}`, GRAPHQL_TYPE],
  [`${JSON_TYPE}, ${GRAPHQL_TYPE}`, JSON_TYPE],
  [`${GRAPHQL_TYPE};q=0.4, ${JSON_TYPE};q=0.5`, JSON_TYPE],
  [`${GRAPHQL_TYPE}, */*`, GRAPHQL_TYPE],
  [`*/*, ${GRAPHQL_TYPE}`, GRAPHQL_TYPE],
  [`${JSON_TYPE};q=0, */*;q=0.1`, GRAPHQL_TYPE],
  ['text/html, application/xhtml+xml, */*;q=0.8', JSON_TYPE],
  ['text/event-stream', null],
  ['text/html', null],
  ['*/*;q=0', null],
  [`${JSON_TYPE};q=0`, null],
  [`${JSON_TYPE};q=nonsense`, null],
])('accept: %s is answered with %s', (accept, expected) => {
  expect(chooseMediaType(accept)).toBe(expected);
});
