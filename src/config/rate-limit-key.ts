import { nearest } from '../shared/nearest.ts';

/** One part of what a bucket is kept for. */
export type RateLimitKey =
  | { readonly kind: 'subject' | 'ip' | 'api-key' | 'client' | 'tenant' | 'persona' }
  /** In lower case, as Node has the names of headers. */
  | { readonly kind: 'header'; readonly name: string }
  /** The argument, and fields of input objects below it. */
  | { readonly kind: 'arg'; readonly path: readonly string[] };

const FACTS = ['subject', 'ip', 'api-key', 'client', 'tenant', 'persona'] as const;
const FORMS = [...FACTS, 'header:NAME', 'arg:PATH'];

/** RFC 9110, 5.1. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,64}$/;
const ARGUMENT_PATH = /^[_A-Za-z]\w*(\.[_A-Za-z]\w*){0,15}$/;

/** @throws RangeError that says what there is. */
export function parseRateLimitKey(text: string): RateLimitKey {
  const fact = FACTS.find(kind => kind === text);
  if (fact !== undefined) return { kind: fact };
  const colon = text.indexOf(':');
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === 'header') {
    if (!HEADER_NAME.test(rest)) throw new RangeError(`"${rest}" is not the name of a header`);
    return { kind, name: rest.toLowerCase() };
  }
  if (kind === 'arg') {
    if (!ARGUMENT_PATH.test(rest))
      throw new RangeError(`"${rest}" is not an argument with fields below it, as in "arg:input.email"`);
    return { kind, path: rest.split('.') };
  }
  const suggestion = nearest(text, FORMS);
  const hint =
    suggestion === undefined ? `write one of ${FORMS.join(', ')}` : `did you mean "${suggestion}"?`;
  throw new RangeError(`"${text}" is nothing that buckets are kept by; ${hint}`);
}
