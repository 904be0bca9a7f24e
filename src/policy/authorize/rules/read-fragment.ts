import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  NoUnusedFragmentsRule,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import type { Compilation } from './compilation.ts';

const RULES = specifiedRules.filter(rule => rule !== NoUnusedFragmentsRule);

/** The `fragment` option of a rule: `fragment Owner on User { id }`, or shorter `... on User { id }`. */
export function readFragment(
  fragment: unknown,
  place: string,
  { schema, problems }: Pick<Compilation, 'schema' | 'problems'>,
): readonly FragmentDefinitionNode[] {
  const refuse = (reason: string): readonly FragmentDefinitionNode[] => {
    problems.push(`${place}: the fragment of the rule cannot be used: ${reason}`);
    return [];
  };
  if (typeof fragment !== 'string') return refuse('it is no text');
  try {
    const document = parse(fragment.trim().replace(/^\.\.\.\s*on\b/, 'fragment Needed on'), {
      maxTokens: 1000,
    });
    const [definition, ...others] = document.definitions;
    if (definition?.kind !== Kind.FRAGMENT_DEFINITION || others.length > 0) {
      return refuse('write one fragment, as in "fragment Owner on User { id }"');
    }
    const [error] = validate(schema, document, RULES);
    if (error !== undefined) return refuse(error.message);
    const extra = unreadable(definition);
    return extra === null ? [definition] : refuse(extra);
  } catch (error) {
    if (error instanceof GraphQLError) return refuse(error.message);
    throw error;
  }
}

/** A rule reads fields by their names and for all requests alike, which these would change. */
function unreadable(definition: FragmentDefinitionNode): string | null {
  let reason: string | null = null;
  visit(definition, {
    Field: node => {
      if (node.alias !== undefined)
        reason = `${node.alias.value} is an alias; a rule reads fields by their names`;
      if (node.arguments?.length)
        reason = `${node.name.value} has arguments; a rule reads fields by their names`;
    },
    Directive: node => {
      reason = `@${node.name.value} has no meaning here`;
    },
    Variable: node => {
      reason = `$${node.name.value} has no value here`;
    },
  });
  return reason;
}
