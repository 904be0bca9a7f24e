/** One thing that keeps subgraphs from being a supergraph. */
export interface CompositionProblem {
  /** Subgraphs that take part in it; none when it is about the supergraph as a whole. */
  readonly subgraphs: readonly string[];
  /** Schema coordinate, such as `Product.price`, where there is one. */
  readonly coordinate: string | null;
  /** Where to look, as `file:line:column`. */
  readonly places: readonly string[];
  readonly code: string;
  readonly reason: string;
}

/** Why there is no supergraph. The message holds one paragraph a problem, fit for a terminal. */
export class CompositionError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly CompositionProblem[]) {
    const texts = problems.map(describeProblem);
    super(`the subgraphs do not compose:\n${texts.map(text => `  - ${indent(text)}`).join('\n')}`);
    this.name = 'CompositionError';
    this.problems = texts;
  }
}

function describeProblem({ subgraphs, coordinate, places, code, reason }: CompositionProblem): string {
  const about = [subgraphs.length > 0 ? `[${subgraphs.join(', ')}]` : '', coordinate ?? '', code];
  const where = places.length > 0 ? `\nat ${places.join(', ')}` : '';
  return `${about.filter(part => part !== '').join(' ')}: ${reason}${where}`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
