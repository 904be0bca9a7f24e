import { composeSupergraph } from '../../src/supergraph/compose.ts';
import { CompositionError } from '../../src/supergraph/composition-error.ts';

type Composed = ReturnType<typeof composeSupergraph>;

export interface Composing {
  compose(...schemas: readonly string[]): Composed;
  /** What keeps them from composing; nothing where they do. */
  problemsOf(...schemas: readonly string[]): readonly string[];
}

/** Composes schemas as subgraphs s0, s1, …; those without links of their own get these. */
export function composing(...links: readonly string[]): Composing {
  const compose = (...schemas: readonly string[]): Composed =>
    composeSupergraph(
      schemas.map((text, index) => ({
        name: `s${index}`,
        url: 'http://127.0.0.1:9',
        sdl: text.includes('@link') ? text : `extend schema ${links.join(' ')} ${text}`,
        origin: `s${index}.graphql`,
      })),
    );
  return {
    compose,
    problemsOf(...schemas) {
      try {
        compose(...schemas);
      } catch (error) {
        if (error instanceof CompositionError) return error.problems;
        throw error;
      }
      return [];
    },
  };
}
