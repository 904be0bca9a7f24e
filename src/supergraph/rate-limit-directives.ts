import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { type RateLimitDirective, rateLimitDirective } from '../config/rate-limit.ts';
import { elementsOf } from './coordinates.ts';
import { argumentsOf, findDirectives } from './weir-directives.ts';

/** One `@rateLimit`, checked, with the spec's defaults. */
export interface DirectedLimit extends RateLimitDirective {
  /** `Type` or `Type.field`. */
  readonly coordinate: string;
}

export interface LimitProblem {
  readonly coordinate: string;
  readonly directive: ConstDirectiveNode;
  readonly reason: string;
}

/**
 * The `@rateLimit`s of a supergraph, under whatever name the directive was imported, in the order of the document.
 * @throws ConfigError with a line for each that cannot be.
 */
export function readRateLimits(document: DocumentNode): readonly DirectedLimit[] {
  const { limits, problems } = examineRateLimits(document);
  if (problems.length === 0) return limits;
  throw new ConfigError(
    'the supergraph',
    problems.map(({ coordinate, reason }) => `@rateLimit on ${coordinate}: ${reason}`),
  );
}

/** What {@link readRateLimits} returns, and what it would throw. */
export function examineRateLimits(document: DocumentNode): {
  readonly limits: readonly DirectedLimit[];
  readonly problems: readonly LimitProblem[];
} {
  const limits: DirectedLimit[] = [];
  const problems: LimitProblem[] = [];
  const find = findDirectives(document, 'rateLimit', ['limit', 'window']);
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const directive of find(directives)) {
      try {
        const written = parseConfig(rateLimitDirective, limitOf(directive), '@rateLimit');
        limits.push(Object.freeze({ coordinate, ...written }));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const reason of error.problems) problems.push({ coordinate, directive, reason });
      }
    }
  }
  return { limits, problems };
}

/** Lists of one may be written without brackets. */
function limitOf(directive: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  const { by, ...others } = argumentsOf(directive);
  return by === undefined ? others : { ...others, by: Array.isArray(by) ? by : [by] };
}
