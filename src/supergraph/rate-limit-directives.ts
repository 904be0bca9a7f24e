import { type ConstDirectiveNode, type DocumentNode, valueFromASTUntyped } from 'graphql';
import { ConfigError, parseConfig } from '../config/parse.ts';
import { type RateLimitDirective, rateLimitDirective } from '../config/rate-limit.ts';
import { elementsOf } from './coordinates.ts';
import { featureDirectives, linkedDirective, namedAny } from './feature-names.ts';
import { WEIR_SPEC } from './weir-spec.ts';

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
  const find = finderIn(document);
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const directive of find(directives)) {
      try {
        const written = parseConfig(rateLimitDirective, argumentsOf(directive), '@rateLimit');
        limits.push(Object.freeze({ coordinate, ...written }));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const reason of error.problems) problems.push({ coordinate, directive, reason });
      }
    }
  }
  return { limits, problems };
}

/** The directives that are meant, of those on an element. */
function finderIn(
  document: DocumentNode,
): (directives: readonly ConstDirectiveNode[]) => readonly ConstDirectiveNode[] {
  const names = featureDirectives(document, WEIR_SPEC, 'rateLimit');
  if (linkedDirective(document, WEIR_SPEC, 'rateLimit') !== null) return found => namedAny(found, names);
  // Without a link the name may be somebody else's; what has neither of the two arguments is.
  return directives =>
    namedAny(directives, names).filter(node =>
      node.arguments?.some(({ name }) => name.value === 'limit' || name.value === 'window'),
    );
}

/** Lists of one may be written without brackets; null is as good as absent. */
function argumentsOf({ arguments: given = [] }: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of given) {
    const written = valueFromASTUntyped(value);
    if (written === null) continue;
    values[name.value] = name.value === 'by' && !Array.isArray(written) ? [written] : written;
  }
  return { ...values };
}
