import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { examineResilience } from './breaker-directives.ts';
import { examineCacheControl } from './cache-directives.ts';
import { examineCacheTags } from './cache-tags.ts';
import type { CompositionProblem } from './composition-error.ts';
import { linkedDirective } from './feature-names.ts';
import { placeOf } from './locate-node.ts';
import { examineRateLimits } from './rate-limit-directives.ts';
import { usedWeirDirectives, weirDirectives } from './weir-spec.ts';

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
    ...linking.flatMap(badCacheControls),
    ...subgraphs.flatMap(badCacheTags),
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
  return examineRateLimits(document).problems.map(problem =>
    problemIn(name, { ...problem, code: 'RATE_LIMIT_INVALID' }),
  );
}

/** Constants are checked against the schema as a whole, once there is one. */
function badResilience({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  return examineResilience(document, null).problems.map(problem => problemIn(name, problem));
}

function badCacheControls({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  return examineCacheControl(document).problems.map(problem => problemIn(name, problem));
}

/** They are federation's, so subgraphs have them that do not link the gateway's own directives. */
function badCacheTags({ name, document }: LinkingSubgraph): readonly CompositionProblem[] {
  return examineCacheTags(document).problems.map(problem => problemIn(name, problem));
}

interface FoundProblem {
  readonly coordinate: string;
  readonly directive: ConstDirectiveNode;
  readonly code: string;
  readonly reason: string;
}

function problemIn(
  subgraph: string,
  { coordinate, directive, code, reason }: FoundProblem,
): CompositionProblem {
  const places = directive.loc === undefined ? [] : [placeOf(directive.loc)];
  return { subgraphs: [subgraph], coordinate, places, code, reason };
}

/** Composition ends in a failed assertion when a directive is imported under two names. */
function severalNames(linking: readonly LinkingSubgraph[]): readonly CompositionProblem[] {
  const firsts = new Map<string, { readonly first: string; readonly there: string }>();
  return linking.flatMap(({ name, document }) =>
    [...usedWeirDirectives(document)].flatMap(([directive, here]) => {
      const { first, there } = firsts.get(directive) ?? { first: name, there: here };
      firsts.set(directive, { first, there });
      if (there === here) return [];
      const reason = `@${directive} is called @${there} in ${first} and @${here} in ${name}; import it under one name`;
      return [{ subgraphs: [first, name], coordinate: null, places: [], code: 'WEIR_LINK_INVALID', reason }];
    }),
  );
}
