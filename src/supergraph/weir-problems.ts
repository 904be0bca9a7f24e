import type { DocumentNode } from 'graphql';
import { examineResilience } from './breaker-directives.ts';
import type { CompositionProblem } from './composition-error.ts';
import { linkedDirective } from './feature-names.ts';
import { placeOf } from './locate-node.ts';
import { examineRateLimits } from './rate-limit-directives.ts';
import { weirDirectives } from './weir-spec.ts';

interface LinkingSubgraph {
  readonly name: string;
  readonly document: DocumentNode;
}

/** What is wrong with the gateway's own directives in subgraphs' schemas. Composition would not tell, or not well. */
export function weirProblems(subgraphs: readonly LinkingSubgraph[]): readonly CompositionProblem[] {
  const linking = subgraphs.filter(({ document }) => weirDirectives(document).size > 0);
  return [
    ...linking.flatMap(withoutFederation),
    ...linking.flatMap(badLimits),
    ...linking.flatMap(badResilience),
    ...severalNames(linking),
  ];
}

/** Without it nothing would be composed, and limits would be lost without a word. */
function withoutFederation({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  const federation = 'https://specs.apollo.dev/federation';
  if (linkedDirective(document, federation, 'composeDirective') !== null) return [];
  return [
    {
      subgraphs: [name],
      coordinate: null,
      places: [],
      code: 'WEIR_LINK_INVALID',
      reason: `links https://weir.dev/weir but not federation; add @link(url: "${federation}/v2.9", import: ["@key"])`,
    },
  ];
}

function badLimits({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  return examineRateLimits(document).problems.map(({ coordinate, directive, reason }) => ({
    subgraphs: [name],
    coordinate,
    places: directive.loc === undefined ? [] : [placeOf(directive.loc)],
    code: 'RATE_LIMIT_INVALID',
    reason,
  }));
}

/** Constants are checked against the schema as a whole, once there is one. */
function badResilience({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  return examineResilience(document, null).problems.map(({ coordinate, directive, code, reason }) => ({
    subgraphs: [name],
    coordinate,
    places: directive.loc === undefined ? [] : [placeOf(directive.loc)],
    code,
    reason,
  }));
}

/** Composition ends in a failed assertion when a directive is imported under two names. */
function severalNames(linking: readonly LinkingSubgraph[]): readonly CompositionProblem[] {
  const [first, ...others] = linking;
  if (first === undefined) return [];
  const names = weirDirectives(first.document);
  return others.flatMap(({ name, document }) =>
    [...weirDirectives(document)].flatMap(([directive, here]) => {
      const there = names.get(directive);
      if (there === here) return [];
      const reason = `@${directive} is called @${there} in ${first.name} and @${here} in ${name}; import it under one name`;
      return [
        {
          subgraphs: [first.name, name],
          coordinate: null,
          places: [],
          code: 'WEIR_LINK_INVALID',
          reason,
        },
      ];
    }),
  );
}
