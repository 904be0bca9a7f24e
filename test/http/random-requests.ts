import { gzipSync } from 'node:zlib';
import { sha256 } from '../../src/shared/hash.ts';
import type { Sent } from './twins.ts';

/** What fuzzing has for chance: the same for the same seed. */
export interface Dice {
  /** One of them. */
  pick<T>(of: readonly T[]): T;
  /** Whether something happens that does so often; 1 is always. */
  happens(often: number): boolean;
}

export function diceOf(random: () => number): Dice {
  return {
    pick: of => of[Math.floor(random() * of.length)] as (typeof of)[number],
    happens: often => random() < often,
  };
}

const ECHO =
  'query Echo($text: String, $any: Any, $number: Float) { echo(text: $text, any: $any, number: $number) }';

export const DOCUMENTS = [
  '{ motto }',
  '{ motto hidden }',
  '{motto,hidden}',
  '{ moved }',
  '{ mine motto }',
  '{ broken motto }',
  '{ needed }',
  '{ secret motto }',
  '{ judged motto }',
  '{ limited motto }',
  '{ __typename }',
  '{ __schema { queryType { name } } }',
  '{ lost: nothing }',
  '{ motto',
  `{ ${Array.from({ length: 12 }, (_, i) => `a${i}: motto`).join(' ')} }`,
  `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: motto`).join(' ')} }`,
  'query A { motto } query B { hidden } mutation C { add(by: 1) }',
  'mutation Add { add(by: 1) }',
  'mutation Add($by: Int!) { add(by: $by) }',
  'query Large { large }',
  'subscription { tick }',
  '{ ... @defer { motto } }',
  ECHO,
  ECHO,
  ECHO,
  'query Echo($text: String = "b") { echo(text: $text) }',
];

const VALUES = [
  '"a"',
  '"b"',
  '"\\ud800"',
  '1',
  '1.0',
  '-0',
  '1e400',
  'null',
  '{}',
  '[[]]',
  '{"__proto__":{"a":1}}',
];
const NAMES = ['"A"', '"B"', '"C"', '"Echo"', '""', 'null', '"constructor"', '1'];
const EXTENSIONS = ['{}', 'null', '[]', '{"persistedQuery":null}', '{"clientLibrary":{"name":"x"}}'];
const ACCEPTS = [
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'text/html',
  'multipart/mixed, application/json;q=0.5',
];
const CODINGS = ['gzip', 'br', 'gzip;q=0, *', 'identity'];
const TYPES = [
  'application/json; charset=utf-8',
  'text/plain',
  'application/json; charset=latin1',
  'application/graphql',
];
const CLIENTS = ['plain', 'logs', 'safe', 'narrow'];

/** JSON text of the body of a request for one operation. */
function bodyOf({ pick, happens }: Dice): string {
  const query = pick(DOCUMENTS);
  const members: string[] = [];
  const persistedQuery = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: sha256(query) } });
  const isApq = happens(0.1);
  if (!isApq || happens(0.5)) members.push(`"query":${JSON.stringify(query)}`);
  if (isApq) members.push(`"extensions":${persistedQuery}`);
  else if (happens(0.1)) members.push(`"extensions":${pick(EXTENSIONS)}`);
  if (happens(0.1)) members.push(`"operationName":${pick(NAMES)}`);
  if (query.includes('$') || happens(0.05)) members.push(`"variables":${variablesOf({ pick, happens })}`);
  if (happens(0.02)) members.push(`"query":"{ hidden }"`);
  if (happens(0.02)) members.push(`"__proto__":{"query":"{ hidden }"}`);
  const space = happens(0.1) ? ' ' : '';
  return `{${space}${members.join(`,${space}`)}}`;
}

function variablesOf({ pick, happens }: Dice): string {
  if (happens(0.04)) return pick(['[]', 'null', '"{}"', '1']);
  const names = ['text', 'any', 'number', 'by', '__proto__'].filter(() => happens(0.4));
  return `{${names.map(name => `"${name}":${pick(VALUES)}`).join()}}`;
}

function searchOf(dice: Dice): string {
  const body = JSON.parse(bodyOf(dice)) as Readonly<Record<string, unknown>>;
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(body))
    given.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  if (dice.happens(0.03)) given.append('query', '{ hidden }');
  return given.size === 0 ? '' : `?${given}`;
}

/** Headers of any request; most say nothing unusual. */
function headersOf({ pick, happens }: Dice): Record<string, string> {
  const headers: Record<string, string> = {};
  if (happens(0.4)) headers['graphql-client-name'] = pick(CLIENTS);
  if (happens(0.2)) headers['accept'] = pick(ACCEPTS);
  if (happens(0.1)) headers['accept-encoding'] = pick(CODINGS);
  if (happens(0.1)) headers['x-language'] = pick(['en', 'de']);
  if (happens(0.1)) headers['x-weir-explain'] = '1';
  if (happens(0.1)) headers['origin'] = pick(['https://good.example', 'https://evil.example']);
  if (happens(0.05)) headers['if-none-match'] = '*';
  if (happens(0.05)) headers['traceparent'] = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  if (happens(0.02)) headers['sec-fetch-site'] = 'cross-site';
  return headers;
}

export function randomRequest(dice: Dice): Sent {
  const { pick, happens } = dice;
  const headers = headersOf(dice);
  const path = `/graphql${happens(0.04) ? pick(['/', '/motto', '/other']) : ''}`;
  if (happens(0.3)) {
    if (happens(0.95)) headers['apollo-require-preflight'] = '1';
    if (happens(0.05)) headers['content-type'] = pick([...TYPES, 'application/json']);
    return { method: 'GET', url: path + searchOf(dice), headers };
  }
  headers['content-type'] = happens(0.05) ? pick(TYPES) : 'application/json';
  const single = happens(0.02) ? searchOf(dice) : bodyOf(dice);
  const text = happens(0.05) ? `[${single}${happens(0.5) ? `,${bodyOf(dice)}` : ''}]` : single;
  if (happens(0.95)) return { method: 'POST', url: path, headers, payload: text };
  const coding = pick(['gzip', 'identity', 'x']);
  const payload = coding === 'gzip' && happens(0.8) ? gzipSync(text) : text;
  return { method: 'POST', url: path, headers: { ...headers, 'content-encoding': coding }, payload };
}

const OF_THE_TEXT: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'apollo-require-preflight',
]);

/** The same text, said in another way: that is not to be mistaken for the same request. */
export function disguise({ method, url, headers, payload }: Sent, dice: Dice): Sent {
  const { pick, happens } = dice;
  const kept = Object.entries(headers).filter(([name]) => OF_THE_TEXT.has(name) && happens(0.97));
  const other: Sent['headers'] = { ...headersOf(dice), ...Object.fromEntries(kept) };
  if (happens(0.15))
    return { method, url, headers: { ...other, 'content-type': pick(TYPES) }, ...bodyFrom(payload) };
  const search = url.indexOf('?');
  if (method !== 'GET' || search < 0 || happens(0.9))
    return { method, url, headers: other, ...bodyFrom(payload) };
  const body = { 'content-type': 'application/json' };
  return { method: 'POST', url: '/graphql', headers: { ...other, ...body }, payload: url.slice(search) };
}

function bodyFrom(payload: Sent['payload']): Pick<Sent, 'payload'> {
  return payload === undefined ? {} : { payload };
}
