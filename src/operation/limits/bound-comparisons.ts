import type { ValidationRule } from 'graphql';
import { countComparisons } from './count-comparisons.ts';
import { endValidation } from './end-validation.ts';

/**
 * Refuses documents in which so many fields come together that validation would take long to compare them: ten kilobytes
 * of one field, again and again, are millions of pairs.
 */
export function boundComparisons(max: number): ValidationRule {
  return context => ({
    Document(document) {
      if (countComparisons(document, max) <= max) return;
      const message = `The document selects the same fields so often that it takes more than ${max} comparisons to see that they fit together. Select each field once, and spread fewer fragments in one place.`;
      endValidation(context, message);
    },
  });
}
