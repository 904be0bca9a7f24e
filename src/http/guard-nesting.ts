import type { FastifyRequest } from 'fastify';
import { nestsDeeperThan } from '../shared/nesting.ts';
import { HttpProblem } from './problem.ts';

/** JSON was checked when it was read; a document is text inside it, or inside the URL. @throws HttpProblem */
export function guardNesting(body: unknown, search: string, maxNesting: number): void {
  const texts =
    search === ''
      ? [(body as { query?: unknown } | null | undefined)?.query]
      : [...new URLSearchParams(search).values()];
  for (const text of texts) {
    if (typeof text === 'string' && nestsDeeperThan(text, maxNesting)) {
      throw new HttpProblem(400, `The request nests deeper than ${maxNesting} levels.`, {
        code: 'DOCUMENT_LIMIT_EXCEEDED',
      });
    }
  }
}

/** Of a GET: operations of a POST are in its body. */
export function searchOf({ method, url }: FastifyRequest): string {
  const start = method === 'GET' ? url.indexOf('?') : -1;
  return start < 0 ? '' : url.slice(start);
}
