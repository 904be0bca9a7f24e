import type { ValidationRule } from 'graphql';
import { endValidation } from './end-validation.ts';
import { type DocumentSize, measureDocument } from './measure-document.ts';

/** Largest sizes; null: no limit. */
export type DocumentLimits = { readonly [K in keyof DocumentSize]: number | null };

/** How each limit is told to whoever passed it. */
const WORDS: Readonly<Record<keyof DocumentSize, string>> = {
  depth: 'nested selection sets',
  aliases: 'aliased fields',
  rootFields: 'root fields',
  directives: 'directives',
  fragments: 'fragments',
  nesting: 'fields and fragments in each other',
};

/**
 * Refuses documents that are too large before any other rule looks at them: theirs is the work that the
 * limits protect. Null when nothing is limited.
 */
export function checkLimits(limits: DocumentLimits): ValidationRule | null {
  const limited = (Object.keys(WORDS) as (keyof DocumentSize)[]).flatMap(measure => {
    const limit = limits[measure];
    return limit === null ? [] : [{ measure, limit }];
  });
  if (limited.length === 0) return null;
  return context => ({
    Document(document) {
      const size = measureDocument(document);
      const passed = limited.find(({ measure, limit }) => size[measure] > limit);
      if (passed === undefined) return;
      const { measure, limit } = passed;
      endValidation(context, `The operation has more than ${limit} ${WORDS[measure]}. Send a smaller one.`);
    },
  });
}
