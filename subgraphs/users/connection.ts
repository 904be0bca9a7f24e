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
  /** Where in the whole list an id is; undefined when it never was in it. */
  readonly positionOf: (id: string) => number | undefined;
}

const CURSOR = /^after:(.+)$/;

// Opaque on purpose: clients must hand a cursor back as it is, so that what is inside may change.
function encodeCursor(id: string): string {
  return Buffer.from(`after:${id}`).toString('base64url');
}

// By position rather than by row: the row a cursor names may be one that a filter leaves out this time.
function startAfter<Row extends { id: string }>(rows: readonly Row[], { after, positionOf }: Page): number {
  if (after === null || after === undefined) return 0;
  const id = CURSOR.exec(Buffer.from(after, 'base64url').toString())?.[1];
  const position = id === undefined ? undefined : positionOf(id);
  if (position === undefined) throw badUserInput('after is not a cursor of this list', 'after');
  const start = rows.findIndex(row => (positionOf(row.id) ?? 0) > position);
  return start === -1 ? rows.length : start;
}

/** Cuts one page, after the GraphQL Cursor Connections specification (forward only). */
export function createConnection<Row extends { id: string }>(
  rows: readonly Row[],
  page: Page,
): Connection<Row> {
  const start = startAfter(rows, page);
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
