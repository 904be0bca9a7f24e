import { z } from 'zod';
import { compilePattern } from '../shared/linear-pattern.ts';
import { canonicalName, objectionToRequest, objectionToResponse } from './header-names.ts';

const VALUE = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;
const MAX_RULES = 100;

type Objection = (name: string) => string | null;

const headerName = (objectionTo: Objection) =>
  z.string().superRefine((name, context) => {
    const message = objectionTo(name);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

const headerValue = z.string().max(8_192).regex(VALUE, {
  error: 'is not the value of a header: visible ASCII, without line breaks and spaces at its ends',
});

const namePattern = z.string().superRefine((pattern, context) => {
  try {
    compilePattern(pattern);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is not a pattern: ${(error as Error).message}` });
  }
});

/** Says so where not exactly one of the keys is there. */
function exactlyOne<K extends string>(...keys: readonly K[]) {
  return (value: Readonly<Partial<Record<K, unknown>>>, context: z.RefinementCtx): void => {
    if (keys.filter(key => value[key] !== undefined).length === 1) return;
    context.addIssue({ code: 'custom', message: `takes one of ${keys.join(', ')}` });
  };
}

/** A rename and a value to fall back on are of one header. */
function namedOnly(
  rule: { readonly name?: unknown; readonly as?: unknown; readonly default?: unknown },
  context: z.RefinementCtx,
): void {
  exactlyOne('name', 'pattern')(rule, context);
  if (rule.name === undefined && (rule.as !== undefined || rule.default !== undefined))
    context.addIssue({ code: 'custom', message: 'as and default go with name, not with pattern' });
}

/** What the rules of both directions have in common. */
function ruleParts(objectionTo: Objection) {
  const name = headerName(objectionTo);
  const pattern = namePattern.optional().describe('All headers with a name in which this is found.');
  return {
    propagated: {
      name: name.optional().describe('The header, by its name.'),
      pattern,
      as: name.optional().describe('The name that it goes on under.'),
      default: headerValue.optional().describe('The value where there is none.'),
    },
    insert: z
      .strictObject({
        name: name.describe('The header.'),
        value: headerValue.optional().describe('A value of your own.'),
        claim: z.string().min(1).max(256).optional().describe('The claim with its value; dots lead inwards.'),
        from: z.enum(['persona', 'subject', 'tenant']).optional().describe('The fact of the caller it is.'),
      })
      .superRefine(exactlyOne('value', 'claim', 'from'))
      .describe('Sends a value of the gateway, in place of any other; none where the caller has none.'),
    remove: z
      .strictObject({ name: name.optional().describe('The header, by its name.'), pattern })
      .superRefine(exactlyOne('name', 'pattern'))
      .describe('Takes out what rules before this one have put in.'),
  };
}

const ofRequests = ruleParts(objectionToRequest);
const ofResponses = ruleParts(objectionToResponse);

const oneOfAll = exactlyOne('propagate', 'insert', 'remove');

const requestRule = z
  .strictObject({
    propagate: z
      .strictObject(ofRequests.propagated)
      .superRefine(namedOnly)
      .optional()
      .describe('Passes on what the client sent.'),
    insert: ofRequests.insert.optional(),
    remove: ofRequests.remove.optional(),
  })
  .superRefine(oneOfAll);

const responseRule = z
  .strictObject({
    propagate: z
      .strictObject({
        ...ofResponses.propagated,
        algorithm: z
          .enum(['first', 'last', 'append', 'most-restrictive-cache-control'])
          .optional()
          .describe('Which value counts where several replies have one. Absent: first.'),
      })
      .superRefine(namedOnly)
      .superRefine(specialAlgorithms)
      .optional()
      .describe('Passes on what subgraphs replied.'),
    insert: ofResponses.insert.optional(),
    remove: ofResponses.remove.optional(),
  })
  .superRefine(oneOfAll)
  .superRefine(({ insert }, context) => {
    const reserved = ['set-cookie', 'cache-control'].includes(canonicalName(insert?.name ?? ''));
    if (reserved)
      context.addIssue({ code: 'custom', message: `${insert?.name} can be propagated, but not inserted` });
  });

/** Cookies cannot be joined or renamed, and how long an answer keeps is no matter of which reply came first. */
function specialAlgorithms(
  rule: { readonly name?: string | undefined; readonly as?: unknown; readonly algorithm?: unknown },
  context: z.RefinementCtx,
): void {
  const complain = (message: string): void => context.addIssue({ code: 'custom', message });
  const { algorithm, as } = rule;
  const special = [rule.name, as].map(name => (typeof name === 'string' ? canonicalName(name) : ''));
  if (special.includes('set-cookie')) {
    if (as !== undefined) complain('set-cookie cannot be renamed, nor be the new name of another header');
    if (algorithm !== undefined && algorithm !== 'append') complain('set-cookie is only ever appended');
  }
  const isOfCaches = special.includes('cache-control');
  if (isOfCaches && as !== undefined)
    complain('cache-control cannot be renamed, nor be the new name of another header');
  if (isOfCaches !== (algorithm === 'most-restrictive-cache-control'))
    complain('cache-control, and no other header, takes most-restrictive-cache-control');
}

type Targeted = {
  readonly propagate?: { readonly name?: string | undefined; readonly as?: string | undefined } | undefined;
  readonly insert?: { readonly name: string } | undefined;
};

function targetsOnce(rules: readonly Targeted[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const { propagate, insert } of rules) {
    const target = insert?.name ?? propagate?.as ?? propagate?.name;
    if (target === undefined) continue;
    const canonical = canonicalName(target);
    if (seen.has(canonical))
      context.addIssue({ code: 'custom', message: `${target} is the target of more than one rule` });
    seen.add(canonical);
  }
}

export const headerRules = z.strictObject({
  request: z
    .array(requestRule)
    .max(MAX_RULES)
    .default([])
    .superRefine(targetsOnce)
    .describe('What of a client request, and what else, a subgraph gets; one rule after the other.'),
  response: z
    .array(responseRule)
    .max(MAX_RULES)
    .default([])
    .superRefine(targetsOnce)
    .describe('What of the reply of a subgraph, and what else, the client gets; one rule after the other.'),
});

export type RequestRule = z.output<typeof requestRule>;
export type ResponseRule = z.output<typeof responseRule>;
export type HeaderRules = z.output<typeof headerRules>;
