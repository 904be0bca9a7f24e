import type { ConstDirectiveNode, DocumentNode, GraphQLSchema } from 'graphql';
import type { z } from 'zod';
import {
  type CircuitBreakerDirective,
  circuitBreakerDirective,
  fallbackDirective,
} from '../config/breakers.ts';
import { ConfigError, parseConfig } from '../config/parse.ts';
import type { Json } from '../shared/json.ts';
import { elementsOf } from './coordinates.ts';
import { constantProblem, outputTypeAt } from './fallback-constant.ts';
import { argumentsOf, findDirectives } from './weir-directives.ts';

/** What a field answers while its subgraph does not. */
export interface DirectedFallback {
  /** ms; absent: no stale value. */
  readonly stale?: number | undefined;
  /** By the names of the schema; absent: none. */
  readonly value?: Json | undefined;
}

export interface ResilienceDirectives {
  /** `Type` or `Type.field` → what `@circuitBreaker` says. */
  readonly breakers: ReadonlyMap<string, CircuitBreakerDirective>;
  /** `Type.field` → what `@fallback` says. */
  readonly fallbacks: ReadonlyMap<string, DirectedFallback>;
}

export interface ResilienceProblem {
  readonly coordinate: string;
  readonly directive: ConstDirectiveNode;
  readonly code: 'CIRCUIT_BREAKER_INVALID' | 'FALLBACK_INVALID';
  readonly reason: string;
}

/**
 * The `@circuitBreaker`s and `@fallback`s of a supergraph, under whatever names they were imported.
 * @throws ConfigError with a line for each that cannot be.
 */
export function readResilience(document: DocumentNode, schema: GraphQLSchema): ResilienceDirectives {
  const { breakers, fallbacks, problems } = examineResilience(document, schema);
  if (problems.length === 0) return { breakers, fallbacks };
  throw new ConfigError(
    'the supergraph',
    problems.map(
      ({ coordinate, directive, reason }) => `@${directive.name.value} on ${coordinate}: ${reason}`,
    ),
  );
}

/** What {@link readResilience} returns, and what it would throw. @param schema null: constants are not checked */
export function examineResilience(
  document: DocumentNode,
  schema: GraphQLSchema | null,
): ResilienceDirectives & { readonly problems: readonly ResilienceProblem[] } {
  const breakers = new Map<string, CircuitBreakerDirective>();
  const fallbacks = new Map<string, DirectedFallback>();
  const problems: ResilienceProblem[] = [];
  const breakersOf = findDirectives(document, 'circuitBreaker', circuitBreakerDirective.keyof().options);
  const fallbacksOf = findDirectives(document, 'fallback', ['stale', 'value']);
  for (const { coordinate, directives } of elementsOf(document)) {
    for (const directive of breakersOf(directives)) {
      const read = parse(circuitBreakerDirective, directive);
      if (read.reasons.length === 0 && read.value !== null) breakers.set(coordinate, read.value);
      for (const reason of read.reasons)
        problems.push({ coordinate, directive, code: 'CIRCUIT_BREAKER_INVALID', reason });
    }
    for (const directive of fallbacksOf(directives)) {
      const { reasons, value } = readFallback(directive, coordinate, schema);
      if (value !== null) fallbacks.set(coordinate, value);
      for (const reason of reasons)
        problems.push({ coordinate, directive, code: 'FALLBACK_INVALID', reason });
    }
  }
  return { breakers, fallbacks, problems };
}

interface Read<T> {
  readonly value: T | null;
  readonly reasons: readonly string[];
}

function readFallback(
  directive: ConstDirectiveNode,
  coordinate: string,
  schema: GraphQLSchema | null,
): Read<DirectedFallback> {
  const { value: written, reasons } = parse(fallbackDirective, directive);
  if (written === null) return { value: null, reasons };
  const { stale, value: text } = written;
  if (text === undefined) return { value: { stale }, reasons: [] };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return { value: null, reasons: [`value: ${JSON.stringify(text)} is no JSON; texts need quotes inside`] };
  }
  const type = schema === null ? undefined : outputTypeAt(schema, coordinate);
  const problem = schema === null || type === undefined ? null : constantProblem(value, type, schema);
  if (problem !== null) return { value: null, reasons: [`value: ${problem}`] };
  return { value: { stale, value }, reasons: [] };
}

function parse<T extends z.ZodType>(shape: T, directive: ConstDirectiveNode): Read<z.output<T>> {
  try {
    return { value: parseConfig(shape, argumentsOf(directive), 'the directive'), reasons: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { value: null, reasons: error.problems };
  }
}
