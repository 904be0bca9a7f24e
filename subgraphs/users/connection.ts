import { badUserInput } from '../shared/input-error.ts';

export interface Connection<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly nodes: readonly Row[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

export interface Page {
  readonly first: number;
  readonly after: string | null | undefined;
}

// Opaque on purpose: clients must hand a cursor back as it is, so that what is inside may change.
function encodeCursor(id: string): string {
  return Buffer.from(`after:${id}`).toString('base64url');
}

function startAfter<Row extends { id: string }>(
  rows: readonly Row[],
  after: string | null | undefined,
): number {
  if (after === null || after === undefined) return 0;
  const index = rows.findIndex(row => encodeCursor(row.id) === after);
  if (index === -1) throw badUserInput('after is not a cursor of this list', 'after');
  return index + 1;
}

/** Cuts one page, after the GraphQL Cursor Connections specification (forward only). */
export function createConnection<Row extends { id: string }>(
  rows: readonly Row[],
  page: Page,
): Connection<Row> {
  const start = startAfter(rows, page.after);
  const nodes = rows.slice(start, start + page.first);
  const edges = nodes.map(node => ({ cursor: encodeCursor(node.id), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: start + nodes.length < rows.length,
      hasPreviousPage: start > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: rows.length,
  };
}
