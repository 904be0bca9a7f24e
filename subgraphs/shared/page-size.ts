import { badUserInput } from './input-error.ts';

// The larger the page, the longer one caller keeps the process from the others.
const LARGEST_PAGE = 100;

/**
 * Checks a `first` argument. An explicit null means the field's own default, as if it were left out.
 * Throws BAD_USER_INPUT outside 0…100: without a ceiling one request could ask for everything there is.
 */
export function pageSize(first: number | null | undefined, fallback: number): number {
  if (first === null || first === undefined) return fallback;
  if (first < 0 || first > LARGEST_PAGE)
    throw badUserInput(`first must be between 0 and ${LARGEST_PAGE}`, 'first');
  return first;
}
