import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dataFile = name => fileURLToPath(new URL(`./data/${name}`, import.meta.url));

const publicQuery = {
  query: readFileSync(dataFile('query.graphql'), 'utf8').trim(),
  expected: dataFile('expected.json'),
};
const twoFields = { query: '{ me { id username } }', expected: dataFile('expected-two-fields.json') };

/** @typedef {{query: string, expected: string, connections: number, distinctAuthorization?: boolean, title: string}} Workload */

/** @type {Record<string, Workload>} */
export const workloads = {
  a: { ...publicQuery, connections: 50, title: 'public query, 50 connections' },
  b: { ...publicQuery, connections: 1, title: 'public query, 1 connection' },
  c: {
    ...publicQuery,
    connections: 50,
    distinctAuthorization: true,
    title: 'public query, 50 connections, another authorization header in each request',
  },
  d: { ...twoFields, connections: 50, title: 'two fields of one subgraph, 50 connections' },
  e: { ...twoFields, connections: 1, title: 'two fields of one subgraph, 1 connection' },
};
