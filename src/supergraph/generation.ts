import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'graphql';
import { sha256 } from '../shared/hash.ts';
import { readSupergraph, type SupergraphFacts } from './read-supergraph.ts';

/** A composed supergraph as one immutable value. What is derived from it (plans, code) is cached beside it. */
export interface Generation {
  /** Start of the SDL's hash. */
  readonly id: string;
  readonly sdl: string;
  readonly facts: SupergraphFacts;
  /** With join directives and hidden elements; for type relations only. */
  readonly supergraphSchema: GraphQLSchema;
  /** What clients see. */
  readonly apiSchema: GraphQLSchema;
}

/** @throws Error when the SDL is not a supergraph. */
export function createGeneration(sdl: string, apiSchema: GraphQLSchema): Generation {
  const facts = readSupergraph(sdl);
  return Object.freeze({
    id: sha256(sdl).slice(0, 12),
    sdl,
    facts,
    supergraphSchema: buildSchema(sdl, { assumeValid: true, assumeValidSDL: true, noLocation: true }),
    apiSchema,
  });
}
